"""Rigid motions of matched points, most of which may be wrong."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, SO3
from objpose.robust import RansacOptions, RigidEstimator, ransac

OPTIONS = RansacOptions(max_iterations=600, min_iterations=200, batch_size=200)


def matches(seed: int, outliers: float) -> tuple[Tensor, Tensor, SE3]:
    """200 source points, target points, the first share of them wrong, and target_from_source."""
    generator = torch.Generator().manual_seed(seed)
    source = 0.2 * torch.rand(200, 3, generator=generator) - 0.1
    motion = SE3.from_rotation_translation(
        SO3.random((), generator), torch.tensor([0.1, -0.2, 0.8]) + torch.randn(3, generator=generator) / 10
    )
    target = motion.apply(source)
    wrong = int(outliers * len(source))
    target[:wrong] = target[torch.randperm(200, generator=generator)[:wrong]]
    return source, target, motion


@pytest.mark.parametrize("seed", range(3))
def test_the_motion_is_found_among_wrong_matches(seed: int) -> None:
    source, target, motion = matches(seed, 0.6)
    estimator = RigidEstimator(source, target, 0.005)
    models, stats = ransac(estimator, OPTIONS, seed)
    assert float((SE3(models[0]).apply(source) - motion.apply(source)).norm(dim=-1).max()) < 1e-4
    assert 0.4 <= stats.inlier_ratio < 0.5
    assert bool(estimator.inliers(models[0])[120:].all())


def test_swapped_points_give_the_inverse() -> None:
    source, target, _ = matches(5, 0.3)
    there, _ = ransac(RigidEstimator(source, target, 0.005), OPTIONS, 0)
    back, _ = ransac(RigidEstimator(target, source, 0.005), OPTIONS, 0)
    round_trip = SE3(back[0]) @ SE3(there[0])
    assert float((round_trip.apply(source) - source).norm(dim=-1).max()) < 1e-4


def test_matches_on_a_line_give_no_model() -> None:
    line = torch.linspace(0, 1, 30)[:, None] * torch.tensor([0.1, 0.2, -0.1])
    models, stats = ransac(RigidEstimator(line, line, 0.01), OPTIONS, 0)
    assert not len(models) and stats.models == 0


def test_weights_decide_between_two_motions() -> None:
    source, first, motion = matches(2, 0.0)
    other = SE3.exp([0.3, 0, 0, 0, 0, 1.0]) @ motion
    target = torch.where((torch.arange(200) < 120)[:, None], first, other.apply(source))
    weights = torch.where(torch.arange(200) < 120, 1.0, 3.0)
    models, _ = ransac(RigidEstimator(source, target, 0.005, weights=weights), OPTIONS, 0)
    assert float((SE3(models[0]).apply(source) - other.apply(source)).norm(dim=-1).max()) < 1e-4
