"""Gradients through transforms, above all at the identity, where closed forms are 0 / 0."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3, SO3
from tests.geometry.sampling import draw, random_points

SCALES = [0.0, 1e-9, 1e-5, 2e-3, 0.15, 0.25, 1.5]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("group", [SO3, SE3])
def test_exp_has_the_numeric_gradient(group, scale):
    tangent = scale * random_points((2, 3 if group is SO3 else 6), 0)
    assert torch.autograd.gradcheck(lambda t: group.exp(t).matrix(), tangent.requires_grad_(), atol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("group", [SO3, SE3])
def test_log_of_a_perturbed_transform_has_the_numeric_gradient(group, scale):
    base = group.exp(scale * random_points((2, 3 if group is SO3 else 6), 1))
    zero = torch.zeros((2, 3 if group is SO3 else 6), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: (group.exp(t) @ base).log(), zero, atol=1e-6)


@pytest.mark.parametrize("kind", ["uniform", "near_identity"])
def test_points_have_the_numeric_gradient(kind):
    pose, points = draw(SE3, (2,), kind, 0, torch.float64), random_points((2, 3), 1)
    inputs = (pose.wxyz_xyz.requires_grad_(), points.requires_grad_())
    assert torch.autograd.gradcheck(lambda parameters, x: SE3(parameters) @ x, inputs)
    assert torch.autograd.gradcheck(lambda parameters, x: SE3(parameters).apply_points(x), inputs)


def test_quaternions_from_matrices_have_finite_gradients():
    matrix = torch.eye(3).repeat(2, 1, 1)
    matrix[1, :2, :2] *= -1
    matrix.requires_grad_()
    SO3.from_matrix(matrix).log().sum().backward()
    assert torch.isfinite(matrix.grad).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("group", [SO3, SE3])
def test_the_gradient_at_zero_is_the_identity(group, dtype):
    """The unused branch of torch.where must stay finite, or its NaN gradient comes through."""
    size = 3 if group is SO3 else 6
    jacobian = torch.autograd.functional.jacobian(
        lambda t: group.exp(t).log(), torch.zeros(size, dtype=dtype)
    )
    torch.testing.assert_close(jacobian, torch.eye(size, dtype=dtype))
