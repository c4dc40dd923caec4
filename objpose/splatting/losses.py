"""What rendered splats are measured by: colour, structure, mask and depth."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

WINDOW, SIGMA = 11, 1.5  # pixels, of SSIM's Gaussian window
C1, C2 = 0.01**2, 0.03**2  # SSIM's, for colours in [0, 1]


def ssim(one: Tensor, other: Tensor) -> Tensor:
    """(N,) structural similarity of images (N, H, W, C) in [0, 1], means over pixels and channels.

    Wang et al.: Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004.
    """
    x, y = one.permute(0, 3, 1, 2), other.permute(0, 3, 1, 2)
    mean_x, mean_y, xx, yy, xy = (_blurred(t) for t in (x, y, x * x, y * y, x * y))
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    covariance, variances = xy - mean_x * mean_y, xx - mean_x**2 + yy - mean_y**2
    return (luminance * (2 * covariance + C2) / (variances + C2)).mean((1, 2, 3))


def _blurred(images: Tensor) -> Tensor:
    """(N, C, H, W) under the window; zeros beyond the border."""
    place = torch.arange(WINDOW, dtype=images.dtype, device=images.device) - WINDOW // 2
    kernel = torch.exp(-(place**2) / (2 * SIGMA**2))
    kernel = kernel / kernel.sum()
    flat = images.reshape(-1, 1, *images.shape[2:])
    flat = functional.conv2d(flat, kernel.view(1, 1, 1, -1), padding=(0, WINDOW // 2))
    return functional.conv2d(flat, kernel.view(1, 1, -1, 1), padding=(WINDOW // 2, 0)).view_as(images)


def psnr(one: Tensor, other: Tensor, weight: Tensor | None = None) -> Tensor:
    """(N,) decibels of images (N, H, W, C) in [0, 1]; over pixels of `weight` (N, H, W) where given."""
    squared = (one - other).square().mean(-1)
    weight = torch.ones_like(squared) if weight is None else weight.to(squared)
    mean = (squared * weight).sum((1, 2)) / weight.sum((1, 2)).clamp_min(1e-6)
    return -10 * mean.clamp_min(1e-12).log10()
