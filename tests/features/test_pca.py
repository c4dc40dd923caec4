"""Principal components: laws of the projection, and data too small for it."""

from __future__ import annotations

import pytest
import torch

from objpose.features import PrincipalComponents


def low_rank(seed: int = 0) -> torch.Tensor:
    """(500, 20) descriptors in a 5-dimensional plane that does not pass through the origin."""
    generator = torch.Generator().manual_seed(seed)
    scale = torch.tensor([5.0, 3.0, 2.0, 1.0, 0.5])
    plane = torch.linalg.qr(torch.randn(20, 5, generator=generator)).Q
    return torch.randn(500, 5, generator=generator) * scale @ plane.T + torch.randn(20, generator=generator)


def test_the_plane_that_holds_the_data_keeps_all_distances():
    data = low_rank()
    projected = PrincipalComponents.fit(data, 5).project(data)
    torch.testing.assert_close(torch.pdist(projected), torch.pdist(data), atol=1e-3, rtol=1e-4)


def test_components_are_orthonormal_uncorrelated_and_in_order_of_variance():
    data = low_rank()
    components = PrincipalComponents.fit(data, 4)
    torch.testing.assert_close(components.basis.T @ components.basis, torch.eye(4), atol=1e-5, rtol=0)
    covariance = components.project(data).T.cov()
    assert (covariance - covariance.diag().diag()).abs().max() < 1e-3
    assert covariance.diag().diff().max() < 0


def test_the_projection_does_not_whiten():
    data = low_rank()
    variance = PrincipalComponents.fit(data, 5).project(data).var(0)
    torch.testing.assert_close(variance.sum(), data.var(0).sum(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_descriptors_than_components(count: int):
    data = low_rank()[:count]
    components = PrincipalComponents.fit(data, 8)
    assert components.dim == 8
    assert components.project(data).isfinite().all()
    torch.testing.assert_close(
        torch.cdist(components.project(data), components.project(data)),
        torch.cdist(data, data),
        atol=1e-4,
        rtol=0,
    )


def test_no_more_components_than_dimensions():
    assert PrincipalComponents.fit(low_rank(), 64).dim == 20


def test_the_order_of_the_descriptors_does_not_matter():
    data = low_rank()
    one, other = PrincipalComponents.fit(data, 5), PrincipalComponents.fit(data.flip(0), 5)
    torch.testing.assert_close(one.basis, other.basis, atol=1e-4, rtol=0)


def test_a_large_set_is_sampled_by_the_seed(monkeypatch):
    monkeypatch.setattr("objpose.features.pca.FIT_LIMIT", 50)
    data = low_rank()
    one, same, other = (PrincipalComponents.fit(data, 3, seed).mean for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_no_descriptors_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        PrincipalComponents.fit(torch.zeros(0, 4), 2)
