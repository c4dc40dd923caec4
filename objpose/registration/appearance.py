"""Rendered against observed colour, up to the light: a gain per colour channel is fitted and taken out."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.features import log_chroma
from objpose.features.appearance import DARKEST

CHROMA_SIGMA = 0.3  # natural log units: what shading, reflections of neighbours and sensor noise leave
BRIGHTNESS_SIGMA = 0.5  # shading moves brightness more than chroma
LARGEST_CAST = 0.5  # log units of colour cast that a light may have; beyond, it is another paint
FIT_STEPS = 3  # of reweighting


def appearance_channels(rgb: Tensor) -> Tensor:
    """(*, 3) log-chroma (2) and log-brightness of colours (*, 3) in [0, 1], in units of what light may change."""
    brightness = (rgb + DARKEST).log().mean(-1, keepdim=True)
    return torch.cat([log_chroma(rgb) / CHROMA_SIGMA, brightness / BRIGHTNESS_SIGMA], dim=-1)


def fit_light(difference: Tensor, weight: Tensor) -> Tensor:
    """(B, 3) the constant that a change of light adds to the channels: a robust weighted mean.

    difference: (B, P, 3) observed minus rendered channels; weight: (B, P). Casts beyond LARGEST_CAST are clipped;
    brightness (exposure) is free.
    """
    bound = torch.tensor([LARGEST_CAST / CHROMA_SIGMA, LARGEST_CAST / CHROMA_SIGMA, float("inf")])
    light = torch.zeros(len(difference), 3)
    robust = weight[..., None].expand_as(difference)
    for _ in range(FIT_STEPS):
        light = (robust * difference).sum(1) / robust.sum(1).clamp_min(1e-6)
        light = torch.maximum(torch.minimum(light, bound), -bound)
        robust = weight[..., None] / (1 + (difference - light[:, None]).square())
    return light


def color_agreement(observed: Tensor, rendered: Tensor, weight: Tensor) -> Tensor:
    """(B,) in [0, 1]: weighted mean over pixels of the agreement of colour.

    observed: (P, 3) and rendered: (B, P, 3) channels of `appearance_channels`; weight: (B, P) >= 0.
    """
    difference = observed - rendered
    residual = difference - fit_light(difference, weight)[:, None]
    agreement = torch.exp(-0.5 * residual.square()).mean(-1)
    return (agreement * weight).sum(1) / weight.sum(1).clamp_min(1e-6)
