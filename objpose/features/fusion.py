"""FreeZe's fusion: geometric and appearance descriptors side by side, each with its own weight.

Caraffa et al.: FreeZe, Training-free zero-shot 6D pose estimation with geometric and vision foundation
models, ECCV 2024. Either half is anything with the call `descriptor(cloud, diameter) -> (N, D)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.features.appearance import ColorDescriptor
from objpose.features.geometric import FPFHDescriptor
from objpose.features.point_cloud import PointCloud

PointDescriptor = Callable[[PointCloud, float], Tensor]


@dataclass(frozen=True)
class FusedDescriptor:
    geometric: PointDescriptor = FPFHDescriptor()
    appearance: PointDescriptor = ColorDescriptor()
    appearance_weight: float = 0.5  # of a unit of log colour against a unit-length geometric descriptor

    def __call__(self, cloud: PointCloud, diameter: float, use_color: bool) -> Tensor:
        """(N, D) fused descriptors; without colour the geometric half alone."""
        geometric = self.geometric(cloud, diameter)
        if not use_color:
            return geometric
        return torch.cat([geometric, self.appearance_weight * self.appearance(cloud, diameter)], dim=-1)
