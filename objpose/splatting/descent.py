"""Levenberg-Marquardt whose steps grow where the normal equations overrate the curvature."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from objpose.comparison import System
from objpose.robust import LMOptions, LMResult, solve_damped


class Problem(Protocol):
    """Least squares over B poses at once."""

    def linearize(self, params: Tensor) -> System: ...

    def retract(self, params: Tensor, step: Tensor) -> Tensor: ...


LONGEST = 16.0  # times the step of the normal equations
FIRST = 4.0  # times that step, before anything is known


def descend(problem: Problem, params: Tensor, options: LMOptions) -> LMResult:
    """Minimise the cost of B poses (B, 7) = wxyz_xyz; never ends at a higher cost than it started.

    Texture, holes and outlines make derivatives that point everywhere: their squares add up in J^T W J, they
    themselves cancel in J^T W r. So Gauss-Newton steps fall short, all in the same direction. The secant of
    the last step tells by how much: y . s is what the gradient really changed, s . H s what H foretold (the
    self-scaling of Oren, Luenberger 1974). A step that fails is undone, the next one is a plain, more damped
    one.
    """
    system = problem.linearize(params)
    damping = torch.full_like(system.cost, options.initial_damping)
    gain = torch.full_like(damping, FIRST)
    converged = torch.zeros_like(damping, dtype=torch.bool)
    iteration = 0
    while iteration < options.max_iterations and not bool(converged.all()):
        iteration += 1
        step = gain[:, None] * solve_damped(system.normal, system.gradient, damping)
        trial = problem.retract(params, step)
        there = problem.linearize(trial)
        accept = (there.cost < system.cost) & ~converged
        converged |= step.abs().amax(-1) < options.step_tolerance
        foretold = _dot(step, (system.normal @ step[..., None])[..., 0])
        secant = _dot(step, there.gradient - system.gradient)
        free = torch.where(secant > 0, foretold / secant.clamp_min(1e-12), LONGEST).clamp(1.0, LONGEST)
        gain = torch.where(accept, free, 1.0)
        damping = torch.where(accept, damping * 0.1, damping * 10.0).clamp(1e-6, 1e6)
        params = torch.where(accept[:, None], trial, params)
        system = type(system)(
            torch.where(accept[:, None, None], there.normal, system.normal),
            torch.where(accept[:, None], there.gradient, system.gradient),
            torch.where(accept, there.cost, system.cost),
        )
    return LMResult(params, system.cost, system.normal, iteration, converged)


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return (one * other).sum(-1)
