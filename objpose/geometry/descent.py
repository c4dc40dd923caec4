"""Where a batch of small least-squares problems is on its way down, and which steps it takes."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry.devices import constant
from objpose.geometry.normal_equations import NormalEquations, chosen

LESS, MORE = 0.1, 10.0  # times the damping after a step that was taken, and after one that was not
LEAST, MOST = 1e-9, 1e9  # damping


class Descent(NamedTuple):
    """B problems in D unknowns."""

    params: Tensor  # (B, ...)
    system: NormalEquations  # there
    damping: Tensor  # (B,) relative to the diagonal
    converged: Tensor  # (B,) bool
    accepted: Tensor  # (B,) bool: the last step was taken


def taken_steps(
    here: Descent, trial: Tensor, there: NormalEquations, step: Tensor, tolerance: float
) -> Descent:
    """After steps (B, D) to `trial` (B, ...): a step is taken where it lowers the cost, else undone.

    The damping follows by Nielsen's simple rule: a tenth on success, ten times on failure. What has converged
    stays where it is; a step with all entries below the tolerance is the last one.
    """
    accepted = (there.cost < here.system.cost) > here.converged  # and not converged
    is_small = torch.linalg.vector_norm(step, math.inf, dim=-1) < tolerance
    less, more = constant((LESS, MORE), here.damping)
    return Descent(
        chosen(accepted, trial, here.params),
        here.system.replaced(accepted, there),
        (here.damping * torch.where(accepted, less, more)).clamp(LEAST, MOST),
        here.converged | is_small,
        accepted,
    )
