"""Paint drawn onto frames finds the turn that an outline cannot tell; where there is none it says nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from objpose.geometry import SE3, SO3, Mesh
from objpose.raster import move_poses, render_mesh
from objpose.tracking.align import DAMPING
from objpose.tracking.drawn import CORRELATION, DrawnPaint
from objpose.tracking.light import Light
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step
from tests.synthetic import CAMERA, Flaws, about_centre, looking, make_scene, onboarded

BOX = onboarded("printed_box")
CENTRE = BOX.mesh.bounds().mean(0)
STEPS = [Step(4, 8.0, 1.0), *[Step(1, 1.5, 0.0)] * 4]


def drawn_paint() -> DrawnPaint:
    return DrawnPaint(BOX, CENTRE, Light())


def sight_of(pose: SE3, gain: float = 1.0) -> Sight:
    rgb = make_scene(BOX.mesh, pose, Flaws(clutter=True)).frame.rgb
    return Sight((gain * rgb.float()).round().clamp(0, 255).to(torch.uint8), None, CAMERA.K.float())


def placed(sight: Sight, start: SE3) -> SE3:
    """Where paint alone draws a pose ()."""
    paint, found = drawn_paint(), start.wxyz_xyz[None].float().contiguous()
    assert paint.offers(sight, found)
    for step in STEPS:
        paint.look(sight, found, step)
        for _ in range(2):
            moved = torch.empty_like(found)
            equations = paint.equations(found, step)
            move_poses(found, CENTRE, equations, sight.K, BOX.diameter / 2, DAMPING, moved)
            found = moved
    return SE3(found[0]).normalized()


def degrees(one: SE3, other: SE3) -> float:
    return math.degrees(float((one.rotation @ other.rotation.inverse()).angle()))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("gain", [0.5, 1.0])
def test_paint_alone_finds_the_turn(seed: int, gain: float) -> None:
    """From 5 degrees and 3 mm off, under any light."""
    pose = looking(seed)
    turn = 0.087 * SO3.random((), generator=torch.Generator().manual_seed(seed)).matrix()[0]
    start = about_centre(BOX, pose, torch.cat([torch.tensor([0.003, 0.0, 0.0]), turn]))
    found = placed(sight_of(pose, gain), start)
    assert degrees(found, pose) < 1.5 < degrees(start, pose)


def test_at_the_true_pose_nothing_pulls_far() -> None:
    pose = looking(2)
    assert degrees(placed(sight_of(pose), pose), pose) < 1


def test_equations_of_many_poses_are_those_of_each() -> None:
    sight, paint = sight_of(looking(1)), drawn_paint()
    poses = torch.stack([looking(1).wxyz_xyz, looking(2).wxyz_xyz]).float()
    assert paint.offers(sight, poses)
    both = paint.equations(poses, STEPS[-1])
    for index in range(2):
        one = paint.equations(poses[index : index + 1].contiguous(), STEPS[-1])
        torch.testing.assert_close(both.normal[index], one.normal[0], rtol=1e-4, atol=1e-2)
        torch.testing.assert_close(both.gradient[index], one.gradient[0], rtol=1e-4, atol=1e-2)
    assert CORRELATION > 1


def test_what_has_no_paint_or_but_one_offers_nothing() -> None:
    pose = looking(0)
    sight, poses = sight_of(pose), pose.wxyz_xyz[None].float()
    mug = onboarded("mug")
    assert not DrawnPaint(mug, mug.mesh.bounds().mean(0), Light()).offers(sight, poses)
    grey = replace(
        onboarded("painted_blob").coarse_mesh,
        vertex_colors=torch.full_like(onboarded("painted_blob").coarse_mesh.vertices, 0.5),
    )
    blob = replace(onboarded("painted_blob"), coarse_mesh=grey)
    assert not DrawnPaint(blob, torch.zeros(3), Light()).offers(sight, poses)


def lit(mesh: Mesh, pose: SE3) -> Sight:
    """The mesh under a lamp, before a wall of tiles."""
    rgb = make_scene(mesh, pose, Flaws(clutter=True)).frame.rgb.clone()
    outputs = ("depth", "normals", "color")
    drawn = render_mesh(mesh, pose, CAMERA.K, CAMERA.width, CAMERA.height, outputs=outputs)
    bright = 0.7 + drawn.normals[0] @ torch.tensor([0.3, 0.1, -0.2])
    here = drawn.mask[0]
    rgb[here] = (255 * drawn.color[0] * bright[..., None])[here].round().clamp(0, 255).to(torch.uint8)
    return Sight(rgb, None, CAMERA.K.float())


def test_what_is_of_one_colour_is_placed_by_its_shade_once_the_light_is_learnt() -> None:
    """The box without its print: each of its faces has a brightness of its own."""
    mesh = onboarded("printed_box").coarse_mesh
    plain = Mesh(mesh.vertices, mesh.faces, vertex_colors=torch.full_like(mesh.vertices, 0.6))
    paint = DrawnPaint(replace(BOX, coarse_mesh=plain), CENTRE, light := Light())
    sight, poses = lit(plain, looking(3)), looking(3).wxyz_xyz[None].float()
    assert not paint.offers(sight, poses)
    paint.remember(sight, looking(3), 1.0)
    assert light.is_known and paint.offers(sight, poses)


@pytest.mark.parametrize("place", [[5.0, 0, 0.5], [0, 0, -0.5], [0, 0, 0.0]])
def test_out_of_view_it_offers_nothing(place: list[float]) -> None:
    pose = SE3.from_rotation_translation(looking(0).rotation, torch.tensor(place))
    assert not drawn_paint().offers(sight_of(looking(0)), pose.wxyz_xyz[None].float())
