"""Lens distortion of normalised image points, and its inverse, as OpenCV defines it.

Brown-Conrady: (k1, k2, p1, p2[, k3[, k4, k5, k6]]), with k4 to k6 the rational model. Fisheye: (k1, k2, k3,
k4), equidistant (Kannala and Brandt 2006). Both put a point at the radius x N(x^2) / D(x^2), where x is the
tangent of its angle to the optical axis, or for a fisheye the angle itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

# Tangent of 89.4 degrees: what is further from the axis has no place on the plane z = 1 worth the name.
FARTHEST = 100.0
MAX_STEPS = 60  # bisection alone reaches float64 rounding; Newton takes 3 to 8
TANGENTIAL_STEPS = 8  # from the answer without tangential part, which is near
TOLERANCE = 1e-9  # of a normalised point: a millionth of a pixel


@dataclass(frozen=True)
class Lens:
    """One lens; `reach` is the largest x = y / z up to which it is one-to-one."""

    numerator: tuple[float, ...]
    denominator: tuple[float, ...]
    tangential: tuple[float, float]
    fisheye: bool
    reach: float

    def distort(self, points: Tensor) -> Tensor:
        """Where the lens puts the ideal normalised points (*, 2) = (x/z, y/z); NaN beyond its reach.

        Polynomials of real lenses turn back further out, where no calibration saw a point, and would put what
        lies far beside the image into it.
        """
        beyond = (points * points).sum(-1, keepdim=True) > self.reach**2
        return torch.where(beyond, torch.nan, self._with_jacobian(points)[0])

    def undistort(self, points: Tensor) -> Tensor:
        """Ideal normalised points whose `distort` is `points` (*, 2); NaN where there are none."""
        with torch.no_grad():
            ideal, is_found = self._solved(points.to(torch.float64))
            ideal = torch.where(is_found[..., None], ideal, 0.0).to(points.dtype)
        # One more step, of which the gradient is that of the inverse function.
        return torch.where(is_found[..., None], ideal - self._newton_step(ideal, points), torch.nan)

    def _solved(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Ideal points, and whether they are any."""
        radius = points.norm(dim=-1, keepdim=True)
        ideal = points * (self._radial_inverse(radius) / radius.clamp(min=1e-30))
        for _ in range(TANGENTIAL_STEPS if any(self.tangential) else 1):
            step = self._newton_step(ideal, points)
            ideal = ideal - step
            if not bool((step.abs() > TOLERANCE / 10).any()):
                break
        miss = (self._with_jacobian(ideal)[0] - points).norm(dim=-1)
        reached = ideal.norm(dim=-1) <= self.reach * (1 + TOLERANCE)
        return ideal, (miss < TOLERANCE * (1 + radius[..., 0])) & reached

    def _newton_step(self, ideal: Tensor, points: Tensor) -> Tensor:
        distorted, (dxx, dxy, dyy) = self._with_jacobian(ideal)
        error_x, error_y = (distorted - points).unbind(-1)
        step = torch.stack([dyy * error_x - dxy * error_y, dxx * error_y - dxy * error_x], dim=-1)
        return step / (dxx * dyy - dxy * dxy)[..., None]

    def _radial_inverse(self, radius: Tensor) -> Tensor:
        """Ideal radii of distorted ones, without the tangential part: Newton's method between brackets."""
        last = self._argument(torch.tensor(self.reach, dtype=radius.dtype))
        radius = radius.minimum(self._profile(last)[0])
        low, high = torch.zeros_like(radius), torch.zeros_like(radius) + last
        x = radius.minimum(high)
        for _ in range(MAX_STEPS):
            value, slope = self._profile(x)
            low, high = torch.where(value <= radius, x, low), torch.where(value >= radius, x, high)
            ahead = x - (value - radius) / slope
            ahead = torch.where((ahead >= low) & (ahead <= high), ahead, (low + high) / 2)
            is_done = not bool(((ahead - x).abs() > TOLERANCE / 100).any())
            x = ahead
            if is_done:
                break
        return torch.tan(x) if self.fisheye else x

    def _argument(self, radius: Tensor) -> Tensor:
        return torch.atan(radius) if self.fisheye else radius

    def _profile(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x N(x^2) / D(x^2), and its slope along x."""
        ratio, ratio_slope = self._ratio(x * x)
        return x * ratio, ratio + 2 * x * x * ratio_slope

    def _ratio(self, s: Tensor) -> tuple[Tensor, Tensor]:
        """N(s) / D(s), and its slope along s."""
        N, N_slope = _polynomial(self.numerator, s)
        D, D_slope = _polynomial(self.denominator, s)
        return N / D, (N_slope * D - N * D_slope) / (D * D)

    def _with_jacobian(self, points: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        """Distorted points and the three entries (dxx, dxy, dyy) of the symmetric Jacobian."""
        p1, p2 = self.tangential
        x, y = points.unbind(-1)
        xx, xy, yy = x * x, x * y, y * y
        r2 = xx + yy
        scale, slope = self._scale(r2)
        distorted = torch.stack(
            [
                x * scale + 2 * p1 * xy + p2 * (r2 + 2 * xx),
                y * scale + p1 * (r2 + 2 * yy) + 2 * p2 * xy,
            ],
            dim=-1,
        )
        dxx = scale + slope * xx + 2 * p1 * y + 6 * p2 * x
        dxy = slope * xy + 2 * p1 * x + 2 * p2 * y
        dyy = scale + slope * yy + 6 * p1 * y + 2 * p2 * x
        return distorted, (dxx, dxy, dyy)

    def _scale(self, r2: Tensor) -> tuple[Tensor, Tensor]:
        """By what a point of squared radius r2 is stretched, and that number's slope along r, over r."""
        if not self.fisheye:
            ratio, slope = self._ratio(r2)
            return ratio, 2 * slope
        r2 = r2.clamp(min=1e-12)  # smooth at the centre, where scale and slope are finite
        radius = r2.sqrt()
        value, slope = self._profile(torch.atan(radius))
        scale = value / radius
        return scale, (slope / (1 + r2) - scale) / r2


@lru_cache(maxsize=64)
def lens_of(coefficients: tuple[float, ...], fisheye: bool) -> Lens:
    """The lens of 4, 5 or 8 coefficients in OpenCV's order, or of a fisheye's 4."""
    if fisheye:
        return _with_reach((1.0, *coefficients), (1.0,), (0.0, 0.0), True)
    k1, k2, p1, p2, k3, k4, k5, k6 = (*coefficients, 0.0, 0.0, 0.0, 0.0)[:8]
    return _with_reach((1.0, k1, k2, k3), (1.0, k4, k5, k6), (p1, p2), False)


def _with_reach(
    numerator: tuple[float, ...],
    denominator: tuple[float, ...],
    tangential: tuple[float, float],
    fisheye: bool,
) -> Lens:
    N, D = (np.polynomial.Polynomial(coefficients) for coefficients in (numerator, denominator))
    s = np.polynomial.Polynomial([0.0, 1.0])
    # The profile's slope is that of x N / D, over D^2; it ends where it turns back or has a pole.
    turns = ((N + 2 * s * N.deriv()) * D - 2 * s * N * D.deriv()).roots()
    ends = [root.real for root in (*turns, *D.roots()) if root.real > 0 and abs(root.imag) < 1e-9 * abs(root)]
    farthest = math.atan(FARTHEST) if fisheye else FARTHEST
    reach = min([farthest, *(math.sqrt(end) for end in ends)])
    return Lens(numerator, denominator, tangential, fisheye, math.tan(reach) if fisheye else reach)


def _polynomial(coefficients: tuple[float, ...], s: Tensor) -> tuple[Tensor, Tensor]:
    """Value and slope at s, by Horner's rule; coefficients from the lowest power up."""
    value, slope = torch.full_like(s, coefficients[-1]), torch.zeros_like(s)
    for coefficient in coefficients[-2::-1]:
        slope = slope * s + value
        value = value * s + coefficient
    return value, slope
