"""Transforms as plain matrices say what SE3 says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from objpose.geometry import SE3
from objpose.geometry.rigid_matrices import (
    centre_of,
    cross_matrix,
    direction_degrees,
    inverse_matrix,
    rigid_matrix,
    rotation_degrees,
)


def motion(seed: int) -> SE3:
    return SE3.exp(torch.randn(6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))


@pytest.mark.parametrize("seed", range(4))
def test_matrices_agree_with_se3(seed: int) -> None:
    b_from_a = motion(seed)
    matrix = b_from_a.matrix().numpy()
    parts = b_from_a.rotation.matrix().numpy(), b_from_a.translation.numpy()
    np.testing.assert_allclose(rigid_matrix(*parts), matrix, atol=1e-14)
    np.testing.assert_allclose(inverse_matrix(matrix), b_from_a.inverse().matrix().numpy(), atol=1e-14)
    np.testing.assert_allclose(centre_of(matrix), b_from_a.inverse().translation.numpy(), atol=1e-14)
    assert rotation_degrees(matrix[:3, :3]) == pytest.approx(float(b_from_a.rotation.angle().rad2deg()))


def test_cross_products_and_directions() -> None:
    u, v = np.random.default_rng(0).normal(size=(2, 3))
    np.testing.assert_allclose(cross_matrix(u) @ v, np.cross(u, v))
    assert direction_degrees(u, v) == pytest.approx(direction_degrees(v, 3.0 * u))
    assert direction_degrees(u, v) == pytest.approx(180.0 - direction_degrees(-u, v))
    assert direction_degrees(u, 0.0 * v) == 0.0
