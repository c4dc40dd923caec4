"""Levenberg-Marquardt over a batch of independent small problems, on any manifold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import HOST, Descent, NormalEquations, solve_damped
from objpose.geometry.descent import taken_steps

Solve = Callable[[Tensor, Tensor, Tensor], Tensor]
Take = Callable[[Descent, Tensor, NormalEquations, Tensor, float], Descent]

LONGEST = 16.0  # times the Gauss-Newton step, for pictures of splats: how far a secant is trusted
FIRST = 4.0  # times the Gauss-Newton step, before anything is known, where steps may be longer


@dataclass(frozen=True)
class LMOptions:
    max_iterations: int = 20
    initial_damping: float = 1e-3  # relative to the diagonal of the normal equations
    step_tolerance: float = 1e-6  # a step with all entries below this ends a problem
    longest: float = 1.0  # times the Gauss-Newton step; above 1 where the normal equations overrate curvature


@dataclass(frozen=True)
class LMResult:
    params: Tensor  # (B, ...) the best seen, never worse than the start
    cost: Tensor  # (B,) its cost
    normal: Tensor  # (B, D, D) its undamped normal matrix J^T W J
    iterations: int
    converged: Tensor  # (B,) bool


def levenberg_marquardt(
    params: Tensor,
    linearize: Callable[[Tensor], NormalEquations],
    retract: Callable[[Tensor, Tensor], Tensor],
    options: LMOptions = LMOptions(),
    solve: Solve = solve_damped,
    take: Take = taken_steps,
) -> LMResult:
    """Minimise a batch of robust least-squares problems.

    params (B, ...): starts; linearize(params) -> NormalEquations of D unknowns; retract(params, step (B, D))
    moves along the tangent; solve(normal, gradient, damping (B,)) -> steps (B, D), as `solve_damped` does;
    take: as `geometry.descent.taken_steps`, which undoes steps that do not lower a problem's cost.

    With `options.longest` above 1 the steps grow. Texture, holes and outlines make derivatives that point
    everywhere: their squares add up in J^T W J, they themselves cancel in J^T W r. So Gauss-Newton steps fall
    short, all in the same direction. The secant of the last step tells by how much: y . s is what the
    gradient really changed, s . H s what H foretold (the self-scaling of Oren, Luenberger 1974). After a step
    that fails the next one is a plain, more damped one.
    """
    here = _start(params, NormalEquations(*linearize(params)), options.initial_damping)
    gain = torch.full_like(here.damping, min(FIRST, options.longest))
    iteration = 0
    while iteration < options.max_iterations and not _all_known(here.converged):
        iteration += 1
        step = solve(here.system.normal, here.system.gradient, here.damping)
        if options.longest > 1:
            step = gain[:, None] * step
        trial = retract(here.params, step)
        there, before = NormalEquations(*linearize(trial)), here.system
        here = take(here, trial, there, step, options.step_tolerance)
        if options.longest > 1:
            longer = _overrated(step, before, there).clamp(1.0, options.longest)
            gain = torch.where(here.accepted, longer, 1.0)
    return LMResult(here.params, here.system.cost, here.system.normal, iteration, here.converged)


def _start(params: Tensor, system: NormalEquations, damping: float) -> Descent:
    nowhere = torch.zeros_like(system.cost, dtype=torch.bool)
    return Descent(params, system, torch.full_like(system.cost, damping), nowhere, nowhere)


def _all_known(converged: Tensor) -> bool:
    """Whether all (B,) hold; not asked of a device, which would be waited for: its idle steps do nothing."""
    return converged.device == HOST and bool(converged.all())


def _overrated(step: Tensor, before: NormalEquations, after: NormalEquations) -> Tensor:
    """(B,) the curvature along a step (B, D) as foretold, by the one found; infinite where none was found."""
    foretold = (step[..., None, :] @ before.normal @ step[..., None])[..., 0, 0]
    secant = (step * (after.gradient - before.gradient)).sum(-1)
    return torch.where(secant > 0, foretold / secant.clamp_min(1e-12), torch.inf)
