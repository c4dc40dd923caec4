"""The RANSAC loop, on problems with known truth."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, SO3
from objpose.robust import RansacOptions, ransac, uniform_samples
from objpose.robust.ransac import required_iterations
from objpose.robust.rigid import edge_ratios_agree


class LineEstimator:
    """Lines y = slope x + offset through points (N, 2): a model is (slope, offset)."""

    sample_size = 2

    def __init__(self, points: Tensor, max_error: float):
        self.points, self.max_error, self.num_data = points, max_error, len(points)

    def draw(self, generator: torch.Generator, count: int) -> Tensor:
        return uniform_samples(generator, count, 2, self.num_data)

    def generate(self, samples: Tensor) -> Tensor:
        (ax, ay), (bx, by) = (p.unbind(-1) for p in self.points[samples].unbind(1))
        slope = (by - ay) / (bx - ax)
        return torch.stack([slope, ay - slope * ax], dim=-1)[(bx - ax).abs() > 1e-3]

    def score(self, models: Tensor) -> tuple[Tensor, Tensor]:
        squared = self._error(models).square()
        return squared.clamp(max=1.0).mean(-1), (squared < 1).float().mean(-1)

    def refine(self, models: Tensor) -> Tensor:
        inlier = (self._error(models).abs() < 1).float()
        design = torch.stack([self.points[:, 0], torch.ones(self.num_data)], dim=-1)
        normal = torch.einsum("bn,ni,nj->bij", inlier, design, design)
        right = torch.einsum("bn,ni,n->bi", inlier, design, self.points[:, 1])
        return torch.linalg.solve(normal, right)

    def _error(self, models: Tensor) -> Tensor:
        return (models[:, :1] * self.points[:, 0] + models[:, 1:] - self.points[:, 1]) / self.max_error


def noisy_line(outliers: float, seed: int = 0) -> Tensor:
    """(500, 2): y = 0.7 x - 0.2 with noise of 0.01, and outliers in the unit square."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(500, 2, generator=generator)
    y = 0.7 * points[:, 0] - 0.2 + 0.01 * torch.randn(500, generator=generator)
    on_line = torch.arange(500) >= int(outliers * 500)
    return torch.stack([points[:, 0], torch.where(on_line, y, points[:, 1])], dim=-1)


def test_one_seed_gives_one_answer_on_any_number_of_threads() -> None:
    line = LineEstimator(noisy_line(0.85), 0.03)
    answers, threads = [], torch.get_num_threads()
    try:
        for count in (1, 2, 1):
            torch.set_num_threads(count)
            answers.append(ransac(line, RansacOptions(keep=4), seed=5))
    finally:
        torch.set_num_threads(threads)
    (models, stats), *others = answers
    assert all(torch.equal(models, other) and stats == other_stats for other, other_stats in others)


def test_the_loop_knows_no_geometry() -> None:
    models, stats = ransac(LineEstimator(noisy_line(0.6), 0.03), seed=1)
    assert models[0].tolist() == pytest.approx([0.7, -0.2], abs=0.01)
    assert 0.35 < stats.inlier_ratio < 0.5


def test_easy_problems_stop_early() -> None:
    options = RansacOptions(max_iterations=50_000, min_iterations=50, batch_size=50)
    stats = [ransac(LineEstimator(noisy_line(share), 0.03), options)[1] for share in (0.2, 0.8)]
    few, many = (one.iterations for one in stats)
    assert 50 <= few < many < 2_000


def test_the_search_lasts_at_least_and_at_most_as_told() -> None:
    easy, hard = LineEstimator(noisy_line(0.0), 0.03), LineEstimator(noisy_line(0.999), 0.001)
    least = RansacOptions(max_iterations=10_000, min_iterations=700, batch_size=100)
    most = RansacOptions(max_iterations=950, min_iterations=10, batch_size=100)
    assert ransac(easy, least)[1].iterations == 700
    assert ransac(hard, most)[1].iterations == 950


def test_models_come_best_first_and_no_more_than_asked() -> None:
    estimator = LineEstimator(noisy_line(0.5), 0.03)
    models, stats = ransac(estimator, RansacOptions(keep=5))
    cost, _ = estimator.score(models)
    assert len(models) == 5 and bool((cost.diff() >= 0).all())
    assert stats.cost == pytest.approx(float(cost[0]))


def test_local_optimisation_lowers_the_cost() -> None:
    line, costs = LineEstimator(noisy_line(0.85), 0.03), []
    for refine_best in (0, 8):
        options = RansacOptions(refine_best=refine_best, keep=1)
        costs.append(ransac(line, options, seed=2)[1])
    plain, optimised = costs
    assert optimised.cost < plain.cost
    assert plain.refinements == 0 < optimised.refinements


def test_fewer_data_than_a_sample_give_no_model() -> None:
    models, stats = ransac(LineEstimator(torch.rand(1, 2), 0.01))
    assert len(models) == 0 and stats.iterations == 0 and math.isinf(stats.cost)


def test_degenerate_samples_give_no_model() -> None:
    upright = torch.stack([torch.zeros(50), torch.arange(50.0)], dim=-1)
    models, stats = ransac(LineEstimator(upright, 0.03), RansacOptions(max_iterations=300, batch_size=100))
    assert len(models) == 0 and stats.models == 0 and stats.iterations == 300


@pytest.mark.parametrize(
    ("ratio", "sample", "confidence", "draws"),
    [(0.5, 3, 0.99, 34.487), (0.15, 3, 0.999, 2043.29), (1.0, 3, 0.999, 1.0), (0.0, 3, 0.999, math.inf)],
)
def test_required_iterations(ratio: float, sample: int, confidence: float, draws: float) -> None:
    assert required_iterations(ratio, sample, confidence) == pytest.approx(draws, rel=1e-3)


@pytest.mark.parametrize("num_data", [3, 4, 1000])
def test_samples_are_distinct_and_reach_all_data(num_data: int) -> None:
    samples = uniform_samples(torch.Generator().manual_seed(0), 8_000, 3, num_data)
    ordered = samples.sort(dim=1).values
    assert bool((ordered[:, 1:] > ordered[:, :-1]).all())
    counts = samples.flatten().bincount(minlength=num_data)
    assert len(counts) == num_data and float((counts / counts.float().mean() - 1).abs().mean()) < 0.2


def test_equal_triangles_pass_and_stretched_ones_do_not() -> None:
    generator = torch.Generator().manual_seed(0)
    source = torch.randn(20, 3, 3, generator=generator)
    shift = torch.randn(20, 3, generator=generator)
    motion = SE3.from_rotation_translation(SO3.random((20,), generator), shift)
    assert bool(edge_ratios_agree(source, motion.apply_points(source), 0.99).all())
    assert not bool(edge_ratios_agree(source, 1.3 * source, 0.8).any())
