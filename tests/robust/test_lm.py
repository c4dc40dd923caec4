"""Levenberg-Marquardt on batches of problems with known minima."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, SO3, solve_damped
from objpose.robust import LMOptions, levenberg_marquardt

System = tuple[Tensor, Tensor, Tensor]


def add(params: Tensor, step: Tensor) -> Tensor:
    return params + step


def system(residual: Tensor, jacobian: Tensor) -> System:
    """Normal matrix, gradient and cost of residuals (B, M) with Jacobian (B, M, D)."""
    gradient = (jacobian.mT @ residual[..., None])[..., 0]
    return jacobian.mT @ jacobian, gradient, residual.square().sum(-1)


def rosenbrock(params: Tensor) -> System:
    """The banana valley, minimum 0 at (1, 1)."""
    x, y = params.unbind(-1)
    residual = torch.stack([1 - x, 10 * (y - x * x)], dim=-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    rows = [torch.stack([-one, zero], dim=-1), torch.stack([-20 * x, 10 * one], dim=-1)]
    return system(residual, torch.stack(rows, dim=-2))


def starts(count: int, size: float = 2.0) -> Tensor:
    return size * torch.randn(count, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Alignment:
    """Move points onto others: residual = target_from_source @ source - target, tangent on the left."""

    def __init__(self, count: int, dtype: torch.dtype):
        generator = torch.Generator().manual_seed(1)
        self.source = torch.randn(count, 30, 3, generator=generator, dtype=dtype)
        translation = torch.randn(count, 3, generator=generator, dtype=dtype)
        self.truth = SE3.from_rotation_translation(SO3.random((count,), generator, dtype), translation)
        self.target = self.truth.apply_points(self.source)

    def linearize(self, params: Tensor) -> System:
        moved = SE3(params).apply_points(self.source)
        eye = torch.eye(3, dtype=params.dtype).expand(*moved.shape, 3)
        turn = torch.linalg.cross(moved[..., None, :].expand_as(eye), eye, dim=-1)
        jacobian = torch.cat([eye, turn], dim=-1).flatten(1, 2)
        return system((moved - self.target).flatten(1), jacobian)

    @staticmethod
    def retract(params: Tensor, step: Tensor) -> Tensor:
        return (SE3.exp(step) @ SE3(params)).normalized().wxyz_xyz


def test_the_valley_is_walked_to_its_end() -> None:
    result = levenberg_marquardt(starts(64), rosenbrock, add, LMOptions(max_iterations=200))
    torch.testing.assert_close(result.params, torch.ones_like(result.params), rtol=0, atol=1e-5)
    assert bool(result.converged.all()) and result.iterations < 200


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_poses_are_aligned_on_their_manifold(dtype: torch.dtype) -> None:
    problem = Alignment(16, dtype)
    offset = 0.6 * torch.randn(16, 6, generator=torch.Generator().manual_seed(2), dtype=dtype)
    start = (SE3.exp(offset) @ problem.truth).wxyz_xyz
    result = levenberg_marquardt(start, problem.linearize, problem.retract, LMOptions(max_iterations=40))
    gap = (SE3(result.params).inverse() @ problem.truth).matrix() - torch.eye(4, dtype=dtype)
    assert float(gap.abs().max()) < (1e-5 if dtype is torch.float32 else 1e-8)


@pytest.mark.parametrize("iterations", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("size", [0.1, 3.0, 1e3])
def test_no_problem_ends_worse_than_it_began(iterations: int, size: float) -> None:
    params = starts(128, size)
    before = rosenbrock(params)[2]
    result = levenberg_marquardt(params, rosenbrock, add, LMOptions(max_iterations=iterations))
    assert bool((result.cost <= before).all())
    normal, _, cost = rosenbrock(result.params)
    torch.testing.assert_close(result.cost, cost)
    torch.testing.assert_close(result.normal, normal)


def test_a_gradient_of_the_wrong_sign_moves_nothing() -> None:
    def uphill(params: Tensor) -> System:
        normal, gradient, cost = system(params, torch.eye(2, dtype=params.dtype).expand(len(params), 2, 2))
        return normal, -gradient, cost

    params = starts(32)
    result = levenberg_marquardt(params, uphill, add)
    assert torch.equal(result.params, params)


def test_a_step_to_where_there_is_no_cost_is_undone() -> None:
    def logarithm(params: Tensor) -> System:
        """Root at 1; from beyond e, the first step lands where the logarithm is not defined."""
        return system(params.log(), (1 / params)[..., None])

    start = torch.tensor([[20.0], [4.0], [0.1]], dtype=torch.float64)
    result = levenberg_marquardt(start, logarithm, add, LMOptions(max_iterations=60))
    torch.testing.assert_close(result.params, torch.ones_like(start), rtol=0, atol=1e-6)


def test_problems_of_a_batch_do_not_touch_each_other() -> None:
    params = starts(8)
    options = LMOptions(max_iterations=15, step_tolerance=0.0)
    together = levenberg_marquardt(params, rosenbrock, add, options).params
    alone = [levenberg_marquardt(one[None], rosenbrock, add, options).params for one in params]
    torch.testing.assert_close(together, torch.cat(alone))


def test_an_undamped_step_is_newtons() -> None:
    generator = torch.Generator().manual_seed(3)
    root = torch.randn(5, 6, 6, generator=generator, dtype=torch.float64)
    normal = root @ root.mT + torch.eye(6)
    gradient = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    expected = -torch.linalg.solve(normal, gradient)
    torch.testing.assert_close(solve_damped(normal, gradient, 0.0), expected, rtol=1e-5, atol=1e-7)
    damped = solve_damped(normal, gradient, torch.tensor([0.0, 0.1, 1.0, 10.0, 1e6]))
    assert bool((damped[1:].norm(dim=-1) < expected[1:].norm(dim=-1)).all())
    assert bool(((damped * gradient).sum(-1) < 0).all())


def test_the_step_does_not_depend_on_the_units_of_the_parameters() -> None:
    generator = torch.Generator().manual_seed(4)
    root = torch.randn(1, 6, 6, generator=generator, dtype=torch.float64)
    normal, gradient = root @ root.mT, torch.randn(1, 6, generator=generator, dtype=torch.float64)
    units = torch.tensor([1e3, 1e3, 1e3, 1.0, 1.0, 1.0], dtype=torch.float64)
    in_metres = solve_damped(normal, gradient, 0.01)
    in_millimetres = solve_damped(normal / units[:, None] / units, gradient / units, 0.01)
    torch.testing.assert_close(in_millimetres, in_metres * units, rtol=1e-6, atol=1e-9)


def test_what_no_residual_sees_stays_put() -> None:
    normal = torch.diag(torch.tensor([2.0, 1.0, 0.0]))[None]
    step = solve_damped(normal, torch.tensor([[2.0, 1.0, 0.0]]), 1e-3)
    assert step[0, 2] == 0
    torch.testing.assert_close(step[0, :2], torch.tensor([-1.0, -1.0]), rtol=2e-3, atol=0)
