"""An object's own paint, drawn and seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.geometry import SE3, SO3
from objpose.tracking.light import Light
from objpose.tracking.paint import LEAST, SIDE, Paint, PaintSeen
from objpose.tracking.sight import Sight
from tests.synthetic import CAMERA, Flaws, looking, make_scene, onboarded

BOX = onboarded("printed_box")
PAINT = Paint(BOX, torch.zeros(3), Light())
HALF_TURN = SE3.from_rotation_translation(SO3.exp(torch.tensor([0.0, 0.0, torch.pi])), torch.zeros(3))


def sight_of(pose: SE3, gain: float = 1.0, offset: float = 0.0, seed: int = 0) -> Sight:
    frame = make_scene(BOX.mesh, pose, Flaws(clutter=True), seed).frame
    rgb = (gain * frame.rgb.float() + offset).round().clamp(0, 255).to(torch.uint8)
    return Sight(rgb, None, CAMERA.K.float())


def seen(paint: Paint, sight: Sight, pose: SE3) -> PaintSeen:
    [found] = paint.seen(sight, pose[None])
    return found


def test_many_ways_round_are_seen_as_each_is() -> None:
    pose = looking(0)
    sight, ways = sight_of(pose), SE3.stack([pose, pose @ HALF_TURN])
    assert PAINT.seen(sight, ways) == [seen(PAINT, sight, way) for way in ways]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("distance", [0.25, 0.45, 1.0])
def test_paint_that_is_there_is_seen(seed: int, distance: float) -> None:
    pose = looking(seed, distance)
    found = seen(PAINT, sight_of(pose), pose)
    assert found.likeness > 0.8 and found.weight > 0.5


def test_the_light_makes_little_difference() -> None:
    pose = looking(2)
    expected = seen(PAINT, sight_of(pose), pose)
    for gain, offset in ((0.4, 0.0), (0.7, 60.0), (1.1, -20.0)):
        found = seen(PAINT, sight_of(pose, gain, offset), pose)
        assert abs(found.likeness - expected.likeness) < 0.03
        assert found.weight == expected.weight  # of the drawing


@pytest.mark.parametrize("seed", range(4))
def test_another_way_round_is_not_like_it(seed: int) -> None:
    """The box of the same outline; and nothing at all."""
    pose = looking(seed)
    there = seen(PAINT, sight_of(pose), pose).likeness
    turned = seen(PAINT, sight_of(pose @ HALF_TURN), pose).likeness
    gone = seen(PAINT, Sight(make_scene(BOX.mesh, looking(0, 3.0)).frame.rgb, None, CAMERA.K.float()), pose)
    assert turned < there - 0.4 and gone.likeness < there - 0.4


def test_what_has_no_paint_says_nothing() -> None:
    mug, pose = onboarded("mug"), looking(0)
    assert seen(Paint(mug, mug.mesh.bounds().mean(0), Light()), sight_of(pose), pose) == PaintSeen(0, 0)


def test_paint_of_one_colour_says_little() -> None:
    blob = onboarded("painted_blob")
    grey = replace(blob.coarse_mesh, vertex_colors=torch.full_like(blob.coarse_mesh.vertices, 0.5))
    found, colourful = (
        seen(Paint(one, torch.zeros(3), Light()), sight_of(looking(0)), looking(0))
        for one in (replace(blob, coarse_mesh=grey), blob)
    )
    assert found.weight < 0.2 < colourful.weight


@pytest.mark.parametrize("place", [[5.0, 0, 0.5], [0, -5.0, 0.5], [0, 0, -0.5], [0, 0, 0.0], [0, 0, 0.03]])
def test_out_of_view_nothing_is_seen(place: list[float]) -> None:
    pose = SE3.from_rotation_translation(looking(0).rotation, torch.tensor(place))
    assert seen(PAINT, sight_of(looking(0)), pose) == PaintSeen(0, 0)


@pytest.mark.parametrize("x", [-0.27, 0.27])
def test_half_of_it_at_the_border_is_enough(x: float) -> None:
    pose = SE3.from_rotation_translation(looking(1).rotation, torch.tensor([x, 0.0, 0.5]))
    found = seen(PAINT, sight_of(pose), pose)
    assert found.likeness > 0.7 and found.weight > 0.5
    beyond = SE3.from_rotation_translation(looking(1).rotation, torch.tensor([1.25 * x, 0.0, 0.5]))
    assert seen(PAINT, sight_of(beyond), beyond) == PaintSeen(0, 0) and LEAST < SIDE**2
