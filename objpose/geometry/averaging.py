"""The mean of many rotations."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry.arrays import ArrayLike, to_float_tensor
from objpose.geometry.so3 import SO3

MAX_WEISZFELD_STEPS = 100
# Radians: below float32 noise of the rotations themselves.
CONVERGED = 1e-7
# Radians: keeps a rotation that coincides with the mean from taking all the weight.
MIN_DISTANCE = 1e-6


def average_rotations(rotations: SO3, weights: ArrayLike | None = None, robust: bool = False) -> SO3:
    """Mean () of rotations (n,), with weights (n,) not negative, or None for equal ones.

    The chordal L2 mean: the unit quaternion of least squared chords, an eigenvector (Markley 2007). With
    `robust`, the geodesic L1 mean (the median) by Weiszfeld's algorithm from there (Hartley 2011), which
    tolerates outliers up to half the weight.
    """
    wxyz = rotations.wxyz.to(torch.float64)
    weights = torch.ones_like(wxyz[:, 0]) if weights is None else to_float_tensor(weights).to(wxyz)
    mean = _chordal_mean(wxyz, weights)
    if robust:
        mean = _geodesic_median(SO3(wxyz), weights, mean)
    return mean.to(rotations.wxyz.dtype)


def _chordal_mean(wxyz: Tensor, weights: Tensor) -> SO3:
    moment = (weights[:, None] * wxyz).mT @ wxyz
    return SO3(torch.linalg.eigh(moment).eigenvectors[:, -1])


def _geodesic_median(rotations: SO3, weights: Tensor, start: SO3) -> SO3:
    # The L2 mean may lie in an empty place between two clusters: start from the best of it and the data.
    candidates = SO3(torch.cat([start.wxyz[None], rotations.wxyz]))
    median = candidates[int(_total_distance(candidates, rotations, weights).argmin())]
    for _ in range(MAX_WEISZFELD_STEPS):
        offsets = (rotations @ median.inverse()).log()
        pull = weights / offsets.norm(dim=-1).clamp(min=MIN_DISTANCE)
        step = (pull[:, None] * offsets).sum(0) / pull.sum()
        median = (SO3.exp(step) @ median).normalized()
        if step.norm() < CONVERGED:
            break
    return median


def _total_distance(candidates: SO3, rotations: SO3, weights: Tensor) -> Tensor:
    """Weighted sum of the angles from each candidate to all rotations."""
    cosine_half = (candidates.wxyz @ rotations.wxyz.mT).abs().clamp(max=1.0)
    return (2 * torch.acos(cosine_half)) @ weights
