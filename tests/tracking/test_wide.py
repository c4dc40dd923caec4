"""Silhouettes find an object at once, around a pose or anywhere in the picture."""

from __future__ import annotations

import functools
import math

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, SO3
from objpose.tracking.fitting import Fitter
from objpose.tracking.portion import Portion
from objpose.tracking.sight import Sight
from objpose.tracking.wide import SLICES, TURN, Silhouettes, Window, turns
from tests.synthetic import CAMERA, HEIGHT, WIDTH, Flaws, about_centre, looking, make_scene, onboarded

MUG = onboarded("mug")  # outlines alone tell how it is turned
CORNERS = [(-0.13, -0.09), (0.13, 0.09), (0.12, -0.08), (-0.12, 0.09)]  # metres, at DISTANCE
DISTANCE = 0.5


def placed(rotation: SO3, x: float, y: float) -> SE3:
    """The mug's middle at a place of the camera's frame."""
    centre = MUG.mesh.bounds().mean(0)
    return SE3.from_rotation_translation(rotation, torch.tensor([x, y, DISTANCE]) - rotation.apply(centre))


def sight_of(pose: SE3, seed: int = 0) -> Sight:
    frame = make_scene(MUG.mesh, pose, Flaws(clutter=True), seed).frame
    return Sight(frame.rgb, None, CAMERA.K.float())


@functools.cache
def silhouettes() -> Silhouettes:
    """Of a mug whose colours were learnt in another place, from another side."""
    fitter, pose = Fitter(MUG), placed(looking(7).rotation, 0.0, 0.0)
    fitter.learn(sight_of(pose), pose)
    return Silhouettes(MUG.coarse_mesh, fitter.views.centre, MUG.diameter, fitter.region.colours.table)


def degrees_off(poses: Tensor, truth: SE3) -> Tensor:
    return (SE3(poses).rotation @ truth.rotation.inverse()).angle().rad2deg()


def pixels_off(poses: Tensor, truth: SE3) -> Tensor:
    """Of the mug's middle."""
    seen = [pose.apply(MUG.mesh.bounds().mean(0)) @ CAMERA.K.float().T for pose in (SE3(poses), truth)]
    return (seen[0][..., :2] / seen[0][..., 2:] - seen[1][:2] / seen[1][2:]).norm(dim=-1)


@pytest.mark.parametrize("seed", range(6))
def test_an_object_that_jumped_is_found_around_where_it_was(seed: int) -> None:
    """By half a diameter, turned by 25 degrees."""
    generator = torch.Generator().manual_seed(seed)
    before = placed(looking(seed).rotation, 0.02, -0.01)
    side = torch.nn.functional.normalize(torch.randn(2, generator=generator), dim=0)
    axis = torch.nn.functional.normalize(torch.randn(3, generator=generator), dim=0)
    jump = torch.cat([0.5 * MUG.diameter * side, torch.zeros(1), math.radians(25) * axis])
    there = about_centre(MUG, before, jump)
    poses, nats = silhouettes().around(sight_of(there, seed), before)
    best = poses[nats.argsort(descending=True)[:4]]
    size = CAMERA.fx * MUG.diameter / DISTANCE
    assert pixels_off(best[:1], there) < 0.15 * size < 0.4 * size < pixels_off(before.wxyz_xyz[None], there)
    assert degrees_off(best, there).min() < 20


def test_what_did_not_move_is_found_as_it_was() -> None:
    pose = placed(looking(3).rotation, 0.0, 0.02)
    poses, nats = silhouettes().around(sight_of(pose), pose)
    assert pixels_off(poses[:1], pose) < 4 and degrees_off(poses[:1], pose) < 0.1  # the first is not turned
    assert nats[0] > nats.median()
    assert ((poses[:, 6] - pose.translation[2]).abs() < MUG.diameter).all()


@pytest.mark.parametrize(("corner", "seed"), list(zip(CORNERS, range(4), strict=True)))
def test_it_is_found_anywhere_any_way_round(corner: tuple[float, float], seed: int) -> None:
    """In that part of the frames in which its view takes turn."""
    there = placed(SO3.random((), torch.Generator().manual_seed(100 + seed)), *corner)
    sight = sight_of(there, seed)
    parts = [silhouettes().anywhere(sight, DISTANCE, Portion(part)) for part in range(SLICES)]
    poses, nats = (torch.cat(part) for part in zip(*parts, strict=True))
    best = poses[nats.argsort(descending=True)[:12]]
    assert pixels_off(best[:1], there) < 0.2 * CAMERA.fx * MUG.diameter / DISTANCE
    assert degrees_off(best, there).min() < 25


def test_all_views_take_turns() -> None:
    sight = sight_of(placed(looking(0).rotation, 0, 0))
    parts = [silhouettes().anywhere(sight, DISTANCE, Portion(part))[0] for part in range(2 * SLICES)]
    for part in range(SLICES):
        assert torch.equal(parts[part], parts[part + SLICES])
    turned = SE3(torch.cat(parts[:SLICES])).rotation
    apart = torch.stack([(turned @ one.inverse()).angle() for one in SO3.random((20,), torch.Generator())])
    assert (
        apart.amin(1).rad2deg().max() < 60
    )  # none of all rotations is far from one: they are shifted besides


def test_where_it_is_not_little_is_found() -> None:
    pose = placed(looking(2).rotation, 0.05, 0.0)
    bare = Sight(
        make_scene(MUG.mesh, placed(pose.rotation, 5, 0), Flaws(clutter=True)).frame.rgb,
        None,
        CAMERA.K.float(),
    )
    there, gone = (silhouettes().around(sight, pose)[1].max() for sight in (sight_of(pose), bare))
    assert there > 0 and gone < there / 2


def test_turns_are_every_way_and_the_smallest_first() -> None:
    found = turns()
    assert found.shape == (27, 6) and not found[0].any() and not found[:, :3].any()
    size = found[:, 3:].norm(dim=1)
    assert (size.diff() >= -1e-6).all() and len(found.unique(dim=0)) == 27
    assert math.isclose(float(size[1]), math.radians(TURN), rel_tol=1e-5)


@pytest.mark.parametrize("side", [10.0, 100.0, 333.3, 2000.0])
def test_a_window_shows_all_it_is_asked_for_with_the_rays_of_the_frame(side: float) -> None:
    window = Window.about(150.0, 90.0, side)
    K, sight = window.K(sight_of(placed(looking(0).rotation, 0, 0))), CAMERA.K.float()
    cells = 64
    low, high = (torch.tensor([c, c, 1.0]) @ torch.linalg.inv(K).T @ sight.T for c in (-0.5, cells - 0.5))
    for pixel, sign in ((low, -1), (high, 1)):
        reach = sign * (pixel[:2] / pixel[2] - torch.tensor([150.0, 90.0]))
        assert (reach >= side / 2 - 1).all()
    assert high[0] - low[0] == pytest.approx(cells * window.cell, rel=1e-4)


def test_out_of_the_picture_nothing_speaks_for_or_against() -> None:
    pose = placed(looking(0).rotation, 3.0, 0.0)
    _, nats = silhouettes().around(
        Sight(torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8), None, CAMERA.K.float()), pose
    )
    assert nats.abs().max() < 1e-3
