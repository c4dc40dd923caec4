"""Means of rotations against known truth."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SO3, average_rotations
from tests.geometry.sampling import draw, random_points


def noisy(truth: SO3, n: int, sigma: float, seed: int) -> SO3:
    """n rotations about the truth; half of the quaternions come with the other sign."""
    rotations = SO3.exp(sigma * random_points((n, 3), seed)) @ truth
    signs = torch.where(torch.arange(n) % 2 == 0, 1.0, -1.0)
    return SO3(rotations.wxyz * signs[:, None])


def error(mean: SO3, truth: SO3) -> float:
    return float((mean @ truth.inverse()).angle())


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_mean_is_nearer_than_the_noise(robust, seed):
    truth = draw(SO3, (), "uniform", seed, torch.float64)
    assert (
        error(average_rotations(noisy(truth, 400, 0.1, seed), robust=robust), truth)
        < 4 * 0.1 * (3 / 400) ** 0.5
    )


@pytest.mark.parametrize("robust", [False, True])
def test_equal_rotations_are_their_own_mean(robust):
    truth = draw(SO3, (), "uniform", 0, torch.float64)
    assert error(average_rotations(noisy(truth, 5, 0.0, 0), robust=robust), truth) < 1e-7


@pytest.mark.parametrize("seed", range(3))
def test_the_robust_mean_survives_outliers(seed):
    """40 % of the rotations lie 90 degrees aside: they drag the plain mean along, but not the median."""
    truth = draw(SO3, (), "uniform", seed, torch.float64)
    aside = SO3.exp(torch.tensor([1.57, 0.0, 0.0], dtype=torch.float64)) @ truth
    mixed = SO3(torch.cat([noisy(truth, 60, 0.02, seed).wxyz, noisy(aside, 40, 0.02, seed + 1).wxyz]))
    assert error(average_rotations(mixed, robust=True), truth) < 0.05
    assert error(average_rotations(mixed), truth) > 0.3


@pytest.mark.parametrize("robust", [False, True])
def test_weights_count_as_repeated_rotations(robust):
    rotations, repeats = noisy(SO3.identity(dtype=torch.float64), 4, 0.3, 5), torch.tensor([1, 4, 2, 2])
    weighted = average_rotations(rotations, weights=repeats, robust=robust)
    repeated = average_rotations(SO3(rotations.wxyz.repeat_interleave(repeats, 0)), robust=robust)
    assert error(weighted, repeated) < 1e-6


@pytest.mark.parametrize("robust", [False, True])
def test_the_mean_turns_with_its_rotations(robust):
    rotations, turn = (
        noisy(SO3.identity(dtype=torch.float64), 30, 0.3, 6),
        draw(SO3, (), "uniform", 7, torch.float64),
    )
    mean = average_rotations(rotations, robust=robust)
    assert error(average_rotations(turn @ rotations, robust=robust), turn @ mean) < 1e-5


@pytest.mark.parametrize("robust", [False, True])
def test_no_nearby_rotation_has_a_smaller_cost(robust):
    """The chordal mean has the least squared chords, the median the least sum of angles."""
    rotations = noisy(SO3.identity(dtype=torch.float64), 25, 0.4, 8)

    def cost(candidates: SO3) -> torch.Tensor:
        angles = (rotations @ candidates[:, None].inverse()).angle()
        return (angles if robust else torch.sin(angles / 2).square()).sum(-1)

    mean = average_rotations(rotations, robust=robust)
    nearby = SO3.exp(0.02 * random_points((300, 3), 9)) @ mean
    assert (cost(nearby) >= cost(mean[None]) - 1e-9).all()
