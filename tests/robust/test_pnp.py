"""P3P and the PnP estimator, on problems with known truth."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, SO3, Camera
from objpose.robust import PnPEstimator, RansacOptions, p3p, ransac

CAMERA = Camera.from_K([[600.0, 0, 319.5], [0, 590.0, 239.5], [0, 0, 1]], 640, 480)


def posed_points(seed: int, count: int, sets: int = 1) -> tuple[Tensor, SE3]:
    """Points (sets, count, 3) within 0.1 m of the origin, and cam_from_obj (sets,) half a metre away."""
    generator = torch.Generator().manual_seed(seed)
    points = 0.2 * torch.rand(sets, count, 3, generator=generator) - 0.1
    offset = torch.tensor([0.0, 0.0, 0.6]) + 0.1 * torch.randn(sets, 3, generator=generator)
    return points, SE3.from_rotation_translation(SO3.random((sets,), generator), offset)


def matches(seed: int, outliers: float, noise: float = 0.5) -> tuple[Tensor, Tensor, SE3]:
    """300 pixels and points, the first share of them wrong, and the truth."""
    points, cam_from_obj = posed_points(seed, 300)
    points, cam_from_obj = points[0], cam_from_obj[0]
    generator = torch.Generator().manual_seed(seed + 100)
    pixels = CAMERA.project(cam_from_obj.apply_points(points))
    pixels = pixels + noise * torch.randn(pixels.shape, generator=generator)
    wrong = int(outliers * len(points))
    pixels[:wrong] = pixels[torch.randperm(len(points), generator=generator)[:wrong]]
    return pixels, points, cam_from_obj


def turn_and_shift(first: SE3, second: SE3) -> tuple[float, float]:
    """Degrees and metres between two poses."""
    turn = (first.rotation.inverse() @ second.rotation).angle().rad2deg()
    return float(turn), float((first.translation - second.translation).norm())


@pytest.mark.parametrize("seed", range(3))
def test_p3p_holds_the_truth_among_its_solutions(seed):
    points, cam_from_obj = posed_points(seed, 3, sets=200)
    rays = cam_from_obj.apply_points(points)
    found_all = 0
    for i in range(200):
        found = p3p(rays[i : i + 1], points[i : i + 1])
        assert 1 <= len(found.wxyz_xyz) <= 4
        distance = (found.apply_points(points[i]) - rays[i]).norm(dim=-1).amax(-1)
        found_all += bool(distance.min() < 1e-4)
    assert found_all >= 199  # a triple may lie within rounding of a double root


def test_every_p3p_solution_lies_on_the_rays():
    points, cam_from_obj = posed_points(5, 3, sets=500)
    rays = cam_from_obj.apply_points(points)
    for found, points_i, rays_i in (
        (p3p(rays[i : i + 1], points[i : i + 1]), points[i], rays[i]) for i in range(50)
    ):
        seen = torch.nn.functional.normalize(found.apply_points(points_i), dim=-1)
        expected = torch.nn.functional.normalize(rays_i, dim=-1)
        assert torch.allclose(seen, expected.expand_as(seen), atol=1e-3)


def test_p3p_of_collinear_points_gives_nothing_wrong():
    line = torch.linspace(-0.1, 0.1, 3)[:, None] * torch.tensor([1.0, 0.5, 0.0])
    found = p3p((line + torch.tensor([0.0, 0.0, 0.5]))[None], line[None])
    assert torch.isfinite(found.wxyz_xyz).all()


@pytest.mark.parametrize("outliers", [0.0, 0.5, 0.85])
def test_ransac_finds_the_pose(outliers):
    pixels, points, truth = matches(1, outliers)
    estimator = PnPEstimator(pixels, points, CAMERA.K, max_error=3.0)
    models, stats = ransac(estimator, RansacOptions(max_iterations=4000, min_iterations=500, batch_size=500))
    turn, shift = turn_and_shift(SE3(models[0]), truth)
    assert turn < 0.6 and shift < 0.005
    assert abs(stats.inlier_ratio - (1 - outliers)) < 0.03
    assert estimator.inliers(models[0]).float().mean() == pytest.approx(stats.inlier_ratio, abs=1e-4)


def test_points_behind_the_camera_are_no_inliers():
    """Points mirrored through the camera centre project to the same pixels."""
    pixels, points, truth = matches(2, 0.0, noise=0.0)
    estimator = PnPEstimator(pixels, points, CAMERA.K, max_error=3.0)
    turned = SE3.from_rotation_translation(
        SO3.exp(torch.tensor([0.0, 0.0, torch.pi])) @ truth.rotation, -truth.translation
    )
    cost, ratio = estimator.score(turned.wxyz_xyz[None])
    assert cost[0] == pytest.approx(1.0) and ratio[0] == 0.0


def test_local_optimisation_lowers_the_cost():
    pixels, points, truth = matches(3, 0.3)
    estimator = PnPEstimator(pixels, points, CAMERA.K, max_error=8.0)
    generator = torch.Generator().manual_seed(0)
    nudges = SE3.exp(0.003 * torch.randn(20, 6, generator=generator))
    starts = (nudges @ truth[None]).wxyz_xyz
    before, _ = estimator.score(starts)
    after, _ = estimator.score(estimator.refine(starts))
    best, _ = estimator.score(truth.wxyz_xyz[None])
    assert bool((after <= before + 1e-6).all())
    assert float(after.max()) < float(best[0]) + 0.005


def test_weights_decide_between_two_poses():
    """Two halves of the matches fit two poses; the heavier half wins."""
    pixels, points, truth = matches(4, 0.0, noise=0.2)
    other = SE3.from_rotation_translation(truth.rotation.inverse(), truth.translation)
    half = len(points) // 2
    pixels[:half] = CAMERA.project(other.apply_points(points[:half]))
    for heavy, expected in ((slice(0, half), other), (slice(half, None), truth)):
        weights = torch.ones(len(points))
        weights[heavy] = 2.0
        estimator = PnPEstimator(pixels, points, CAMERA.K, 3.0, weights)
        models, _ = ransac(estimator, RansacOptions(max_iterations=1000, min_iterations=500, batch_size=500))
        assert turn_and_shift(SE3(models[0]), expected)[0] < 0.5


def test_the_same_seed_gives_the_same_pose():
    pixels, points, _ = matches(6, 0.6)
    options = RansacOptions(max_iterations=1000, min_iterations=500, batch_size=500)
    first, second = (
        ransac(PnPEstimator(pixels, points, CAMERA.K, 3.0), options, seed=3)[0] for _ in range(2)
    )
    assert torch.equal(first, second)
