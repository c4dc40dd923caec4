"""Polarised self-attention: channels and places weighed apart, each at full resolution of the other.

Liu, Liu, Ding, Wang: Polarized Self-Attention: Towards High-quality Pixel-wise Regression, 2021; in its
sequential layout. GS2Pose's coarse network has it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ChannelAttention(nn.Module):
    """Weighs channels by what the places that matter show."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.value = nn.Conv2d(channels, channels // 2, 1)
        self.query = nn.Conv2d(channels, 1, 1)
        self.back = nn.Linear(channels // 2, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, h, w) in, the same out."""
        place = self.query(features).flatten(2).softmax(-1)  # (B, 1, h w)
        seen = (self.value(features).flatten(2) * place).sum(-1)
        weight = torch.sigmoid(self.norm(self.back(seen)))
        return features * weight[..., None, None]


class SpatialAttention(nn.Module):
    """Weighs places by the channels that matter in the whole picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.value = nn.Conv2d(channels, channels // 2, 1)
        self.query = nn.Conv2d(channels, channels // 2, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, h, w) in, the same out."""
        channel = self.query(features).mean((2, 3)).softmax(-1)  # (B, C / 2)
        weight = torch.sigmoid((self.value(features) * channel[..., None, None]).sum(1, keepdim=True))
        return features * weight


class PolarizedAttention(nn.Sequential):
    def __init__(self, channels: int) -> None:
        super().__init__(ChannelAttention(channels), SpatialAttention(channels))
