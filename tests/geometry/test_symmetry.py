"""Symmetry groups and their discretisation."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, SO3, ContinuousSymmetry, Symmetry
from tests.geometry.sampling import random_points

AXIS, OFFSET = [1.0, 2.0, 2.0], [0.1, -0.2, 0.3]


def flip_about_x() -> SE3:
    turn = SO3.exp(torch.tensor([[0.0, 0.0, 0.0], [math.pi, 0.0, 0.0]]))
    return SE3.from_rotation_translation(turn, torch.zeros(3))


def test_an_object_without_symmetry_has_the_identity_alone():
    symmetry = Symmetry.none()
    assert symmetry.is_trivial
    torch.testing.assert_close(symmetry.transforms(0.1).matrix(), torch.eye(4)[None])


def test_discrete_symmetries_are_given_as_they_are():
    symmetry = Symmetry(flip_about_x())
    assert not symmetry.is_trivial
    torch.testing.assert_close(symmetry.transforms(0.1).wxyz_xyz, symmetry.discrete.wxyz_xyz)


def test_turns_leave_their_line_in_place():
    line = ContinuousSymmetry(AXIS, OFFSET)
    turns = line.rotations(torch.linspace(0, 6, 50))
    points = line.offset + torch.linspace(-1, 1, 5)[:, None] * line.axis
    torch.testing.assert_close(turns.apply_points(points), points.expand(50, 5, 3), rtol=0, atol=1e-6)
    torch.testing.assert_close(line.axis.norm(), torch.tensor(1.0))


@pytest.mark.parametrize("max_step", [0.01, 0.05, 0.2])
def test_neighbouring_turns_move_no_point_further_than_the_step(max_step):
    diameter, line = 0.3, ContinuousSymmetry(AXIS, OFFSET)
    transforms = Symmetry(SE3.identity((1,)), (line,)).transforms(diameter, max_step)
    assert len(transforms) == math.ceil(math.pi / max_step)
    across = torch.nn.functional.normalize(
        torch.linalg.cross(line.axis, torch.tensor([1.0, 0.0, 0.0])), dim=0
    )
    rim = transforms @ (line.offset + diameter / 2 * across)
    steps = (rim - rim.roll(1, 0)).norm(dim=-1)
    assert steps.max() <= max_step * diameter * 1.001
    assert steps.min() > 0.8 * max_step * diameter


def test_turns_and_flips_combine_to_the_whole_group():
    """Any turn after a flip is near some transform of the list."""
    line = ContinuousSymmetry([0, 0, 1], [0, 0, 0])
    transforms = Symmetry(flip_about_x(), (line,)).transforms(1.0, max_step=0.02)
    points = 0.3 * random_points((6, 3), 0, torch.float32)
    wanted = (line.rotations([1.2345])[0] @ flip_about_x()[1]).apply_points(points)
    gaps = (transforms.apply_points(points) - wanted).norm(dim=-1).amax(1)
    assert gaps.min() < 0.02
    torch.testing.assert_close(transforms[0].matrix(), torch.eye(4))


@pytest.mark.parametrize(
    ("axis", "offset"), [([0, 0, 0], [0, 0, 0]), ([0, 1], [0, 0, 0]), ([0, 0, 1], [0, 0])]
)
def test_a_line_needs_a_direction_and_a_point(axis, offset):
    with pytest.raises(InputError, match="continuous symmetry"):
        ContinuousSymmetry(axis, offset)


@pytest.mark.parametrize(("diameter", "max_step"), [(0.0, 0.01), (-0.1, 0.01), (0.1, 0.0)])
def test_transforms_need_positive_sizes(diameter, max_step):
    with pytest.raises(InputError, match="positive"):
        Symmetry.none().transforms(diameter, max_step)
