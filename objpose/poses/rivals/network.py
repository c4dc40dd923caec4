"""A small network that looks at a photo's crop and a rival's drawing at once, and says how well they agree.

Rivals of one crop are told apart by what differs: each one's features are seen beside the mean of all.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from objpose.poses.rivals.pictures import CHANNELS

WIDTHS = (24, 48, 96)  # channels at a half, a quarter and an eighth of the resolution
HIDDEN = 64


class RivalNet(nn.Module):
    """Of pictures (P, K, CHANNELS, S, S): (P, K, 2) nats, see `forward`."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.alone = nn.Sequential(
            _conv(CHANNELS, half, 5, 2),
            _Block(half),
            _conv(half, quarter, 3, 2),
            _Block(quarter),
            _Block(quarter),
            _conv(quarter, eighth, 3, 2),
        )
        self.beside = _conv(2 * eighth, eighth, 1, 1)
        self.together = nn.Sequential(*(_Block(eighth) for _ in range(3)))
        self.linear = nn.Linear(eighth, 2)
        self.bent = nn.Sequential(nn.Linear(2 * eighth, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2))

    def forward(self, pictures: Tensor) -> Tensor:
        """The first: what the rivals' log odds differ by; the second: log odds of being right by itself."""
        count, rivals = pictures.shape[:2]
        features = self.alone(pictures.flatten(0, 1))
        mean = features.unflatten(0, (count, rivals)).mean(1, keepdim=True).expand(-1, rivals, -1, -1, -1)
        features = self.together(self.beside(torch.cat([features, features - mean.flatten(0, 1)], 1)))
        whole = features.mean((2, 3)).float()
        strongest = features.amax((2, 3)).float()
        nats = self.linear(whole) + self.bent(torch.cat([whole, strongest], 1))
        return nats.view(count, rivals, 2)


def fused(network: RivalNet) -> RivalNet:
    """The same, for inference: what normalises is made part of the convolutions before it."""
    for part in network.modules():
        if not isinstance(part, nn.Sequential) or len(part) < 2:
            continue
        conv, norm = part[0], part[1]
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            part[0], part[1] = fuse_conv_bn_eval(conv, norm), nn.Identity()
    return network


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width, 3, 1)
        self.second = _conv(width, width, 3, 1, bends=False)

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.second(self.first(features)))


def _conv(inputs: int, outputs: int, size: int, stride: int, bends: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([nn.ReLU()] if bends else []))
