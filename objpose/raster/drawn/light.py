"""Rendered against observed colour, up to the light.

Two views of it: the colours themselves after a gain per channel is fitted and taken out, and their local
structure, which neither light nor exposure changes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import constant
from objpose.raster.constants import (
    BRIGHTNESS_SIGMA,
    CHROMA_SIGMA,
    DARKEST,
    FIT_STEPS,
    LARGEST_CAST,
    NOISE_VARIANCE,
    STRUCTURE_WINDOW,
)


def appearance_channels(rgb: Tensor, dim: int = -1) -> Tensor:
    """(*, 3) log-chroma (2) and log-brightness of colours (*, 3), in units of what light may change.

    dim: where the colours are, and then the channels.
    """
    red, green, blue = (rgb + DARKEST).log().unbind(dim)
    brightness = (red + green + blue) / 3
    chroma = (red - green) / CHROMA_SIGMA, (green - blue) / CHROMA_SIGMA
    return torch.stack([*chroma, brightness / BRIGHTNESS_SIGMA], dim=dim)


def fit_light(difference: Tensor, weight: Tensor) -> Tensor:
    """(3, B) the constant that a change of light adds to the channels: a robust weighted mean.

    difference: (3, B, P) observed minus rendered channels; weight: (B, P). Casts beyond LARGEST_CAST are
    clipped; brightness (exposure) is free.
    """
    bound = constant((LARGEST_CAST / CHROMA_SIGMA, LARGEST_CAST / CHROMA_SIGMA, math.inf), weight)[:, None]
    light = weight.new_zeros(3, len(weight))
    for _ in range(FIT_STEPS):
        robust = weight / (difference - light[..., None]).square_().add_(1.0)
        light = (robust * difference).sum(-1) / robust.sum(-1).clamp_min(1e-6)
        light = torch.maximum(torch.minimum(light, bound), -bound)
    return light


def color_agreement(observed: Tensor, rendered: Tensor, weight: Tensor) -> Tensor:
    """(B,) in [0, 1]: weighted mean over pixels of the agreement of colour.

    observed: (H, W, 3) and rendered: (B, H, W, 3) of `appearance_channels`; weight: (B, H, W) >= 0.
    """
    weight = weight.flatten(1)
    difference = (observed - rendered).flatten(1, 2).permute(2, 0, 1).contiguous()
    residual = difference - fit_light(difference, weight)[..., None]
    agreement = residual.square_().mul_(-0.5).exp_().mean(0)
    return (agreement * weight).sum(1) / weight.sum(1).clamp_min(1e-6)


def structure_agreement(observed: Tensor, rendered: Tensor, weight: Tensor) -> Tensor:
    """(B,) in [-1, 1]: mean correlation of the channels within small windows, the structure term of SSIM.

    Shapes as in `color_agreement`. Surfaces without contrast agree by 1. Wang et al.: Image Quality
    Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004.
    """
    total = torch.zeros_like(weight[:, 0, 0])
    share = _window_mean(weight).clamp_min(1e-4)
    for channel in range(observed.shape[-1]):
        seen, drawn = observed[..., channel].expand_as(weight), rendered[..., channel]
        moments = (
            torch.stack([seen, drawn, seen * seen, drawn * drawn, seen * drawn], dim=1) * weight[:, None]
        )
        mean_s, mean_d, ss, dd, sd = (_window_mean(moments) / share[:, None]).unbind(1)
        variance = (ss - mean_s**2).clamp_min(0.0) * (dd - mean_d**2).clamp_min(0.0)
        correlation = (sd - mean_s * mean_d + NOISE_VARIANCE) / (variance.sqrt() + NOISE_VARIANCE)
        total = total + (correlation * weight).sum((1, 2))
    return total / (observed.shape[-1] * weight.sum((1, 2)).clamp_min(1e-6))


def _window_mean(images: Tensor) -> Tensor:
    """(*, H, W) means over squares of STRUCTURE_WINDOW pixels, zeros beyond the border; as matrices."""
    down, across = (_band(size, images.device) for size in images.shape[-2:])
    return down @ images @ across


def _band(size: int, device: torch.device) -> Tensor:
    place = torch.arange(size, device=device)
    return ((place[:, None] - place).abs() <= STRUCTURE_WINDOW // 2).float() / STRUCTURE_WINDOW
