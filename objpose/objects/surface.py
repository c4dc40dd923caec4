"""The object's outer surface as points, with an index that tells the closest by one look-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import on_device, view_directions
from objpose.raster import SurfaceIndex
from objpose.work import threads

CELLS = 48  # along the longest side of the index
MARGIN = 0.15  # of the diameter, added on every side, so that near misses are looked up right
DIRECTIONS = 32  # that the index tells normals apart by: some 30 degrees between neighbours


@dataclass(frozen=True, eq=False)
class Surface:
    cloud: PointCloud  # object frame, metres
    diameter: float

    def to(self, device: torch.device) -> Surface:
        """The surface on another device; its index is made here, on the host."""
        sent = on_device(self, device)
        vars(sent)["index"] = self.index.to(device)
        return sent

    @cached_property
    def index(self) -> SurfaceIndex:
        """What tells the closest point to any place; beyond MARGIN no other wall is looked for."""
        margin = MARGIN * self.diameter
        low = self.cloud.points.amin(0) - margin
        extent = self.cloud.points.amax(0) + margin - low
        cell = float(extent.max()) / CELLS
        last = (extent / cell).ceil().long()
        axes = [low[i].item() + cell * np.arange(int(last[i]) + 1) for i in range(3)]
        centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        closest, distance = _nearest(self.cloud.points, centres)
        near = (distance <= margin).nonzero()[:, 0]
        behind = closest.clone()
        behind[near] = self._behind(centres[near.numpy()], closest[near])
        middle = (self.cloud.points.amin(0) + self.cloud.points.amax(0)) / 2
        points = torch.cat([self.cloud.points, self.cloud.normals], dim=-1)
        numbers = (tuple(low.tolist()), cell, tuple(last.tolist()), tuple(middle.tolist()))
        return SurfaceIndex(points, closest.int(), behind.int(), *numbers, self.diameter)

    def _behind(self, centres: np.ndarray, closest: Tensor) -> Tensor:
        """(C,) for each of the cells, the closest point of those that look away from its closest, if any."""
        behind = closest.clone()
        alignment = self.cloud.normals @ view_directions(DIRECTIONS).T
        direction = alignment.argmax(-1)[closest]
        for number, along in enumerate(alignment.T):
            cells, away = (direction == number).nonzero()[:, 0], (along < 0).nonzero()[:, 0]
            if len(cells) and len(away):
                behind[cells] = away[_nearest(self.cloud.points[away], centres[cells.numpy()])[0]]
        return behind


def _nearest(points: Tensor, queries: np.ndarray) -> tuple[Tensor, Tensor]:
    """(Q,) index of the point of (N, 3) nearest to each query (Q, 3), and (Q,) how far it is."""
    distance, nearest = cKDTree(points.numpy()).query(queries, workers=threads())
    return torch.from_numpy(nearest), torch.from_numpy(distance)
