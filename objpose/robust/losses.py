"""Robust losses: how much residuals cost, and how much they weigh. One meaning for all.

Each takes squared residuals and gives the cost, 1/2 rho, and the weight, rho' : twice the cost's derivative
by the square. Near zero the cost is half the square and the weight one, but for the loss's own scale.
"""

from __future__ import annotations

import torch
from torch import Tensor


def soft_inlier(squared: Tensor, reach: float) -> Tensor:
    """(*,) from 1 at no distance to 0 from `reach` on: 1 - squared / reach^2, for squared distances."""
    return squared.div(-(reach**2)).add_(1.0).clamp_min_(0.0)


def tukey(squared: Tensor, reach: float) -> tuple[Tensor, Tensor]:
    """Tukey's biweight: residuals beyond `reach` weigh nothing and all cost reach^2 / 6."""
    inside = soft_inlier(squared, reach)
    return reach**2 / 6 * (1 - inside**3), inside.square()


def barron(squared: Tensor, shape: float) -> tuple[Tensor, Tensor]:
    """Barron's (A General and Adaptive Robust Loss Function, CVPR 2019), of scale 1.

    shape: his alpha, neither 0 nor 2; at shape < 0 the cost ends at (shape - 2) / shape.
    """
    distance = abs(shape - 2)
    base = squared / distance + 1
    return distance / shape * (base ** (shape / 2) - 1), base ** (shape / 2 - 1)


def worst_of_barron(shape: float) -> float:
    """What a residual without end costs at shape < 0."""
    return float(barron(torch.tensor(torch.inf), shape)[0])
