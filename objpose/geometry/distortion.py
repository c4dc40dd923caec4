"""OpenCV's lens distortion (k1, k2, p1, p2[, k3]) on normalised image points, and its inverse."""

from __future__ import annotations

import torch
from torch import Tensor

# Newton from the distorted point itself; converges to float64 rounding in 3 to 6 steps on real lenses.
MAX_NEWTON_STEPS = 20


def distort(points: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    """Where the lens puts the ideal normalised points (*, 2) = (x/z, y/z)."""
    return _distort_with_jacobian(points, coefficients)[0]


def undistort(points: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    """Ideal normalised points whose `distort` is `points` (*, 2), by Newton's method."""
    ideal = points
    tolerance = 4 * torch.finfo(points.dtype).eps
    for _ in range(MAX_NEWTON_STEPS):
        distorted, (dxx, dxy, dyy) = _distort_with_jacobian(ideal, coefficients)
        error_x, error_y = (distorted - points).unbind(-1)
        determinant = dxx * dyy - dxy * dxy
        step = torch.stack([dyy * error_x - dxy * error_y, dxx * error_y - dxy * error_x], dim=-1)
        step = step / determinant[..., None]
        ideal = ideal - step
        if step.numel() == 0 or step.detach().abs().max() < tolerance:
            break
    return ideal


def _distort_with_jacobian(
    points: Tensor, coefficients: tuple[float, ...]
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    """Distorted points and the three entries (dxx, dxy, dyy) of the symmetric Jacobian."""
    k1, k2, p1, p2, k3 = (*coefficients, 0.0)[:5]
    x, y = points.unbind(-1)
    xx, xy, yy = x * x, x * y, y * y
    r2 = xx + yy
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3))
    distorted = torch.stack(
        [
            x * radial + 2 * p1 * xy + p2 * (r2 + 2 * xx),
            y * radial + p1 * (r2 + 2 * yy) + 2 * p2 * xy,
        ],
        dim=-1,
    )
    dxx = radial + slope * xx + 2 * p1 * y + 6 * p2 * x
    dxy = slope * xy + 2 * p1 * x + 2 * p2 * y
    dyy = radial + slope * yy + 6 * p1 * y + 2 * p2 * x
    return distorted, (dxx, dxy, dyy)
