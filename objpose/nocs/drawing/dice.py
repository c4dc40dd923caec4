"""Numbers drawn at random, on the host and on a device, all of one seed."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import HOST


class Dice:
    """The same seed and device give the same numbers in the same order."""

    def __init__(self, device: torch.device, seed: int) -> None:
        self.device = device
        self.on_host = torch.Generator().manual_seed(seed)
        self._there = torch.Generator(device).manual_seed(seed + 1)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """On the device, even over [low, high)."""
        return low + (high - low) * torch.rand(shape, generator=self._there, device=self.device)

    def spread(self, *shape: int, low: float, high: float) -> Tensor:
        """On the device, even in the logarithm over [low, high)."""
        return self.uniform(*shape, low=math.log(low), high=math.log(high)).exp()

    def normal(self, *shape: int, scale: float = 1.0) -> Tensor:
        """On the device."""
        return scale * torch.randn(shape, generator=self._there, device=self.device)

    def chance(self, *shape: int, of: float) -> Tensor:
        """On the device: 1 as often as `of` says, else 0."""
        return (torch.rand(shape, generator=self._there, device=self.device) < of).float()

    def host_uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """On the host."""
        return low + (high - low) * torch.rand(shape, generator=self.on_host, device=HOST)
