"""Where the rotation search puts the object: by what is seen of it, and by the sides that nothing hides."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from objpose.poses.observation import observe
from objpose.poses.propose.free_sides import free_sides
from objpose.poses.propose.rotations import placed
from tests.synthetic import CAMERA, looking, make_scene, onboarded

SIZE, DIAMETER = 60, 0.1


def before_a_wall(hider: Tensor, by: float) -> Crop:
    """A disc, half a metre off, of which `hider` (S, S) bool hides a part; it stands `by` metres nearer."""
    row, column = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    disc = (row - 30) ** 2 + (column - 30) ** 2 < 15**2
    depth = torch.where(disc, 0.5, 0.6)
    depth = torch.where(hider, 0.5 - by, depth)
    camera = Camera.from_K(torch.tensor([[500.0, 0, 30], [0, 500, 30], [0, 0, 1]]), SIZE, SIZE)
    everywhere = torch.ones(SIZE, SIZE, dtype=torch.bool)
    return Crop(torch.zeros(SIZE, SIZE, 3), depth, disc & ~hider, everywhere, camera)


def part(left: int, right: int, top: int, bottom: int) -> Tensor:
    """(S, S) bool, true from left to right and from top to bottom."""
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[top:bottom, left:right] = True
    return inside


@pytest.mark.parametrize(
    ("hider", "hidden"),
    [
        (part(0, 0, 0, 0), (False, False, False, False)),
        (part(0, 19, 0, SIZE), (True, False, False, False)),
        (part(41, SIZE, 0, SIZE), (False, True, False, False)),
        (part(0, SIZE, 0, 19), (False, False, True, False)),
        (part(0, SIZE, 41, SIZE), (False, False, False, True)),
    ],
)
def test_a_side_is_free_unless_something_stands_before_it(hider: Tensor, hidden: tuple[bool, ...]) -> None:
    free = free_sides(before_a_wall(hider, by=0.05), DIAMETER)
    assert (~free).flatten().tolist() == list(hidden)


def test_what_stands_behind_hides_nothing() -> None:
    assert bool(free_sides(before_a_wall(part(41, SIZE, 0, SIZE), by=-0.05), DIAMETER).all())


def test_the_end_of_the_frame_hides() -> None:
    crop = before_a_wall(part(41, SIZE, 0, SIZE), by=0.05)
    ended = Crop(
        crop.rgb, crop.depth.where(crop.inside, 0.0), crop.mask, ~part(41, SIZE, 0, SIZE), crop.camera
    )
    assert free_sides(ended, DIAMETER).flatten().tolist() == [True, False, True, True]


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug"])
def test_half_hidden_the_object_is_placed_by_its_free_sides(name: str) -> None:
    model, truth = onboarded(name), looking(2)
    scene = make_scene(model.mesh, truth)
    columns = scene.mask.any(0).nonzero()[:, 0]
    middle = int(columns.float().mean())
    depth, mask = scene.frame.depth.clone(), scene.mask.clone()
    depth[:, middle:], mask[:, middle:] = 0.2, False
    observation = observe(Frame(scene.frame.rgb, CAMERA, depth), mask, model, crop_size=112, voxel=0.03)
    by_centroid, by_sides = placed(model, observation, truth.rotation[None])
    errors = [error(pose, truth) / model.diameter for pose in (by_centroid, by_sides)]
    assert errors[1] < 0.1 and errors[1] < 0.7 * errors[0]


def error(found: SE3, truth: SE3) -> float:
    """Metres between the two translations, across the view."""
    return float((found.translation - truth.translation)[:2].norm())


def test_an_object_in_full_view_is_placed_once() -> None:
    model = onboarded("painted_blob")
    scene = make_scene(model.mesh, looking(2))
    observation = observe(scene.frame, scene.mask, model, crop_size=112, voxel=0.03)
    poses = placed(model, observation, looking(2).rotation[None])
    assert len(poses) == 1 and error(poses[0], looking(2)) < 0.1 * model.diameter
