"""Levenberg-Marquardt over a batch of independent small problems, on any manifold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Linearize = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]


@dataclass(frozen=True)
class LMOptions:
    max_iterations: int = 20
    initial_damping: float = 1e-3  # relative to the diagonal of the normal equations
    step_tolerance: float = 1e-6  # a step with all entries below this ends a problem


@dataclass(frozen=True)
class LMResult:
    params: Tensor  # (B, ...) the best seen, never worse than the start
    cost: Tensor  # (B,) its cost
    normal: Tensor  # (B, D, D) its undamped normal matrix J^T W J
    iterations: int
    converged: Tensor  # (B,) bool


def levenberg_marquardt(
    params: Tensor,
    linearize: Linearize,
    retract: Callable[[Tensor, Tensor], Tensor],
    options: LMOptions = LMOptions(),
) -> LMResult:
    """Minimise a batch of robust least-squares problems.

    params (B, ...): starts; linearize(params) -> (J^T W J (B, D, D), J^T W r (B, D), cost (B,));
    retract(params, step (B, D)) moves along the tangent. Steps that do not lower a problem's cost are undone
    and its damping raised (Nielsen's simple rule: a tenth on success, ten times on failure).
    """
    normal, gradient, cost = linearize(params)
    damping = torch.full_like(cost, options.initial_damping)
    converged = torch.zeros_like(cost, dtype=torch.bool)
    iteration = 0
    while iteration < options.max_iterations and not bool(converged.all()):
        iteration += 1
        step = solve_damped(normal, gradient, damping)
        trial = retract(params, step)
        trial_normal, trial_gradient, trial_cost = linearize(trial)
        accept = (trial_cost < cost) & ~converged
        params = _where(accept, trial, params)
        normal = _where(accept, trial_normal, normal)
        gradient = _where(accept, trial_gradient, gradient)
        cost = torch.where(accept, trial_cost, cost)
        damping = torch.where(accept, damping * 0.1, damping * 10.0).clamp(1e-9, 1e9)
        converged = converged | (step.abs().amax(-1) < options.step_tolerance)
    return LMResult(params, cost, normal, iteration, converged)


def solve_damped(normal: Tensor, gradient: Tensor, damping: Tensor | float) -> Tensor:
    """(B, D) step -(H + damping diag(H))^-1 g; a floor on the diagonal keeps unobserved directions still.

    Solved in float64 after Jacobi scaling: metres and radians differ by orders of magnitude in one system.
    """
    dtype = gradient.dtype
    normal, gradient = normal.double(), gradient.double()
    diagonal = normal.diagonal(dim1=-2, dim2=-1)
    scale = diagonal.clamp_min(1e-12 * diagonal.amax(-1, keepdim=True) + 1e-30).rsqrt()
    scaled = normal * scale[..., :, None] * scale[..., None, :]
    damping = torch.as_tensor(damping, dtype=torch.float64, device=normal.device)
    ridge = (damping[..., None] if damping.ndim else damping) + 1e-9
    scaled = scaled + torch.diag_embed(ridge.expand(scaled.shape[:-1]))
    step, _ = torch.linalg.solve_ex(scaled, (-gradient * scale)[..., None])
    return (step[..., 0].nan_to_num(0.0) * scale).to(dtype)


def _where(accept: Tensor, new: Tensor, old: Tensor) -> Tensor:
    return torch.where(accept.view(-1, *([1] * (new.ndim - 1))), new, old)
