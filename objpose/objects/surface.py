"""The object's outer surface as points, with an index that tells the closest by one look-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.features import PointCloud
from objpose.work import threads

CELLS = 48  # along the longest side of the index
MARGIN = 0.15  # of the diameter, added on every side, so that near misses are looked up right


@dataclass(frozen=True, eq=False)
class Surface:
    cloud: PointCloud  # object frame, metres
    diameter: float

    def closest(self, points: Tensor) -> Tensor:
        """(*,) index of the surface point closest to each of points (*, 3), object frame.

        Exact for the centre of the cell that a point falls in; points outside the index are first moved onto
        it.
        """
        table, origin, cell, last, strides = self._index
        position = ((points - origin) / cell).round_().long()
        position = torch.minimum(position.clamp_min_(0), last)
        return table[(position * strides).sum(-1)]

    @cached_property
    def centre(self) -> Tensor:
        """(3,) of the bounding box, object frame, metres."""
        return (self.cloud.points.amin(0) + self.cloud.points.amax(0)) / 2

    @cached_property
    def points_and_normals(self) -> Tensor:
        """(N, 6), for one look-up of both."""
        return torch.cat([self.cloud.points, self.cloud.normals], dim=-1)

    @cached_property
    def _index(self) -> tuple[Tensor, Tensor, float, Tensor, Tensor]:
        margin = MARGIN * self.diameter
        low = self.cloud.points.amin(0) - margin
        extent = self.cloud.points.amax(0) + margin - low
        cell = float(extent.max()) / CELLS
        last = (extent / cell).ceil().long()
        axes = [low[i].item() + cell * np.arange(int(last[i]) + 1) for i in range(3)]
        centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        _, table = cKDTree(self.cloud.points.numpy()).query(centres, workers=threads())
        strides = torch.tensor([(int(last[1]) + 1) * (int(last[2]) + 1), int(last[2]) + 1, 1])
        return torch.from_numpy(table), low, cell, last, strides
