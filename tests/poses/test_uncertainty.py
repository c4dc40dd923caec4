"""How far off the point of an object may be that a pose's covariance moves most."""

from __future__ import annotations

import pytest
import torch

from objpose.poses import RGBD, chance_within, evidence, farthest_sigma
from objpose.poses.distinct import probe_points
from tests.synthetic import looking, onboarded

SHIFT, TURN = 0.004, 0.05  # metres, radians


def about(axis: int, place: torch.Tensor, rotation: torch.Tensor, sigma: float) -> torch.Tensor:
    """(6, 6) of a turn about an object's axis, through a place of the camera's frame."""
    line = rotation[:, axis]
    twist = torch.cat([torch.linalg.cross(place, line), line]).double()
    return sigma**2 * torch.outer(twist, twist)


def test_a_shift_moves_all_points_alike() -> None:
    model, pose = onboarded("painted_blob"), looking(3)
    covariance = torch.zeros(6, 6, dtype=torch.float64)
    covariance[2, 2] = SHIFT**2
    assert float(farthest_sigma(model, pose, covariance)) == pytest.approx(SHIFT / model.diameter)


def test_the_largest_move_of_points_under_drawn_perturbations_is_told() -> None:
    model, pose = onboarded("printed_box"), looking(4)
    spread = torch.randn(6, 6, generator=torch.Generator().manual_seed(0)).double() * 1e-3
    drawn = torch.randn(4000, 6, generator=torch.Generator().manual_seed(1)).double() @ spread.T
    points = pose.apply_points(probe_points(model)).double()
    shifts, turns = drawn[:, None].expand(-1, len(points), 6).split(3, -1)
    moves = shifts + torch.linalg.cross(turns, points[None])
    farthest = moves.square().sum(-1).mean(0).max().sqrt()
    found = float(farthest_sigma(model, pose, spread @ spread.T)) * model.diameter
    assert found == pytest.approx(float(farthest), rel=0.05)


def test_a_turn_of_symmetry_moves_nothing_another_does() -> None:
    model, pose = onboarded("can"), looking(5)
    place, rotation = pose.translation, pose.rotation.matrix()
    small = 1e-8 * torch.eye(6, dtype=torch.float64)
    free, tilt = (about(axis, place, rotation, TURN) + small for axis in (2, 0))
    assert float(farthest_sigma(model, pose, free)) < 0.01
    reach = probe_points(model)[:, 1:].norm(dim=-1).max() / model.diameter
    assert float(farthest_sigma(model, pose, tilt)) == pytest.approx(TURN * float(reach), rel=0.02)


def test_confidence_falls_with_what_depth_leaves_open() -> None:
    perfect, one = evidence(*torch.tensor([1.0, 0, 0, 0, 0, 0, 0])), torch.tensor(1.0)
    sigmas = [0.0, 0.01, 0.05, 0.1, 0.3]
    found = torch.stack([RGBD.confidence(perfect, one, torch.tensor(0.02), sigma) for sigma in sigmas])
    assert (found.diff() <= 0).all()
    within = chance_within(0.1, torch.tensor(sigmas))
    assert torch.allclose(found, found[0] * within)
