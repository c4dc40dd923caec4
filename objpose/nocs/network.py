"""Pose-Net: a U-Net that tells of each pixel of a crop which point of the object it shows, and how surely.

GS2Pose's coarse stage (Mei et al.: GS2Pose: Two-stage 6D Object Pose Estimation Guided by Gaussian Splatting,
2024) predicts normalised object coordinates with a U-Net under polarised attention. This one gives chances of
bins of them, as the paper that brought them up does, and tells where the object is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from objpose.nocs.attention import PolarizedAttention
from objpose.nocs.bins import BINS

CHANNELS = 4  # of a crop: red, green, blue and the mask
FORMAT = 1  # raised when networks of one file would answer otherwise than they were trained to


@dataclass(frozen=True)
class NetworkOptions:
    width: int = 32  # channels of the first level; further levels have two, four and six times as many


class Prediction(NamedTuple):
    """Of B crops, at half of their resolution."""

    logits: Tensor  # (B, 3, BINS, h, w) of the bins of normalised coordinates
    mask_logit: Tensor  # (B, 1, h, w) that the pixel shows the object


class PoseNet(nn.Module):
    def __init__(self, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        self.options = options
        first, second, third, last = (factor * options.width for factor in (1, 2, 4, 6))
        self.stem = _block(CHANNELS, first, 5, stride=2)
        self.down = nn.ModuleList([_pair(first, first), _level(first, second), _level(second, third)])
        self.bottom = _level(third, last)
        self.up = nn.ModuleList(
            [_pair(last + third, third), _pair(third + second, second), _pair(second + first, first)]
        )
        self.head = nn.Conv2d(first, 3 * BINS + 1, 1)

    def forward(self, crops: Tensor) -> Prediction:
        """crops: (B, 4, S, S), S a multiple of 16; see `view.network_input`."""
        features = self.stem(crops)
        kept = []
        for level in self.down:
            features = level(features)
            kept.append(features)
        features = self.bottom(features)
        for level, beside in zip(self.up, reversed(kept), strict=True):
            features = torch.cat([nn.functional.interpolate(features, scale_factor=2.0), beside], dim=1)
            features = level(features)
        logits, mask_logit = self.head(features).float().split([3 * BINS, 1], dim=1)
        return Prediction(logits.unflatten(1, (3, BINS)), mask_logit)


def _block(channels: int, out: int, side: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(channels, out, side, stride, side // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True))


def _pair(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(_block(channels, out), _block(out, out))


def _level(channels: int, out: int) -> nn.Sequential:
    """Half the resolution, attended."""
    return nn.Sequential(nn.MaxPool2d(2), _pair(channels, out), PolarizedAttention(out))
