"""Ellipsoids say where points go under the perturbations that a covariance is of."""

from __future__ import annotations

import torch

from objpose.geometry import SE3, SO3
from objpose.viewing.ellipsoids import ellipsoids, point_covariance, telling_points
from tests.synthetic import onboarded

POINTS = torch.tensor([[0.02, -0.03, 0.6], [0.1, 0.05, 0.7], [0.0, 0.0, 0.0]], dtype=torch.float64)


def covariance() -> torch.Tensor:
    root = torch.randn(6, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return 1e-6 * root @ root.T


def test_it_is_the_covariance_of_perturbed_points() -> None:
    """Of many drawn perturbations exp((v, w)), which the linear formula knows nothing of."""
    drawn = torch.randn(20000, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    twists = drawn @ torch.linalg.cholesky(covariance()).T
    moved = SE3.exp(twists).apply_points(POINTS)
    for index, expected in enumerate(point_covariance(POINTS, covariance())):
        found = torch.cov(moved[:, index].T)
        assert torch.allclose(found, expected, atol=0.05 * float(expected.diagonal().max()))


def test_axes_and_radii_make_the_covariance() -> None:
    for one, expected in zip(
        ellipsoids(POINTS, covariance()), point_covariance(POINTS, covariance()), strict=True
    ):
        axes = SO3(torch.from_numpy(one.wxyz)).matrix()
        assert torch.linalg.det(axes) > 0
        made = axes @ torch.diag(torch.from_numpy(one.radii) ** 2) @ axes.T
        assert torch.allclose(made, expected, rtol=1e-6, atol=2e-10)


def test_a_flat_one_is_still_drawn() -> None:
    [one] = ellipsoids(POINTS[:1], torch.zeros(6, 6))
    assert (one.radii > 0).all()


def test_telling_points_reach_as_far_as_the_mesh() -> None:
    model = onboarded("mug")
    points = telling_points(model)
    assert torch.equal(torch.stack([points.amin(0), points.amax(0)]), model.mesh.bounds())
    assert torch.allclose(points[0], model.mesh.bounds().mean(0))
