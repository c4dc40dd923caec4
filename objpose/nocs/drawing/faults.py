"""What cameras make of light: exposure, tint, tone, blur, noise."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.nocs.drawing.dice import Dice

BLURS = (0.6, 1.4)  # pixels: standard deviations, between which and none pictures are mixed


def photographed(light: Tensor, dice: Dice) -> Tensor:
    """(B, 3, S, S) in [0, 1], of light (B, 3, S, S)."""
    count = len(light)
    exposure = (dice.normal(count, 1, 1, 1, scale=0.35) + dice.normal(count, 3, 1, 1, scale=0.12)).exp()
    tone = dice.normal(count, 1, 1, 1, scale=0.2).exp()
    seen = (light * exposure).clamp_min(1e-4) ** tone
    grey = seen.mean(1, keepdim=True)
    seen = grey + dice.uniform(count, 1, 1, 1, low=0.5, high=1.25) * (seen - grey)
    seen = _blurred(seen.clamp(0, 1), dice)
    sigma = dice.spread(count, 1, 1, 1, low=0.002, high=0.04)
    return (seen + sigma * dice.normal(*seen.shape)).clamp(0, 1)


def _blurred(pictures: Tensor, dice: Dice) -> Tensor:
    """Each between itself and one of its blurs."""
    some, more = (_gaussian(pictures, sigma) for sigma in BLURS)
    much = dice.uniform(len(pictures), 1, 1, 1, low=-1.0, high=1.0)
    return torch.where(much < 0, pictures.lerp(some, much + 1), some.lerp(more, much))


def _gaussian(pictures: Tensor, sigma: float) -> Tensor:
    """Along columns and rows by one product each, which is what processors of every kind do best."""
    place = torch.arange(pictures.shape[-1], device=pictures.device)
    apart = (place - place[:, None]) / sigma
    weights = torch.softmax(-0.5 * apart.square(), dim=1)
    return weights @ pictures @ weights.mT
