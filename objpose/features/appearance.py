"""The appearance half of a point descriptor: local colour that survives a change of light.

Log-chromaticity does not change with the strength of the light, and the brightness of a small neighbourhood
relative to that of a larger one does not change with shading, which varies slowly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.features.point_cloud import PointCloud
from objpose.raster.constants import DARKEST


def log_chroma(colors: Tensor) -> Tensor:
    """(*, 2) log red/green and log green/blue of colours (*, 3) in [0, 1]."""
    logs = (colors + DARKEST).log()
    return torch.stack([logs[..., 0] - logs[..., 1], logs[..., 1] - logs[..., 2]], dim=-1)


@dataclass(frozen=True)
class ColorDescriptor:
    radii: tuple[float, float, float] = (0.05, 0.10, 0.30)  # of the neighbourhoods, fractions of the diameter

    def __call__(self, cloud: PointCloud, diameter: float) -> Tensor:
        """(N, 6): chroma at the two smaller radii, and their brightness relative to the largest.

        Raises:
            ValueError: a cloud without colours.
        """
        if cloud.colors is None:
            raise ValueError("ColorDescriptor needs a point cloud with colours")
        brightness = (cloud.colors + DARKEST).log().mean(-1, keepdim=True)
        values = torch.cat([log_chroma(cloud.colors), brightness], dim=-1)
        small, middle, large = _neighbourhood_means(cloud.points, values, [r * diameter for r in self.radii])
        relative = torch.cat([small[:, 2:] - large[:, 2:], middle[:, 2:] - large[:, 2:]], dim=-1)
        return torch.cat([small[:, :2], middle[:, :2], relative], dim=-1)


def _neighbourhood_means(points: Tensor, values: Tensor, radii: list[float]) -> list[Tensor]:
    """Mean of values (N, C) over the points within each radius, metres, of every point."""
    tree = cKDTree(points.numpy())
    first, second = tree.query_pairs(radii[-1], output_type="ndarray").T
    distance = np.linalg.norm(tree.data[first] - tree.data[second], axis=1)
    means = []
    for radius in radii:
        near = distance <= radius
        one, other = torch.from_numpy(first[near]), torch.from_numpy(second[near])
        total, count = values.clone(), torch.ones(len(points))
        for here, there in ((one, other), (other, one)):
            total.index_add_(0, here, values[there])
            count.index_add_(0, here, torch.ones(len(here)))
        means.append(total / count[:, None])
    return means
