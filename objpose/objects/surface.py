"""The object's outer surface as points, with an index that tells the closest by one look-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import view_directions
from objpose.work import threads

CELLS = 48  # along the longest side of the index
MARGIN = 0.15  # of the diameter, added on every side, so that near misses are looked up right
# Cosine between two normals above which they look the same way: inner walls must not match outer ones.
FACING = 0.3
DIRECTIONS = 32  # that the index tells normals apart by: some 30 degrees between neighbours


@dataclass(frozen=True, eq=False)
class Surface:
    cloud: PointCloud  # object frame, metres
    diameter: float

    def closest(self, points: Tensor, normals: Tensor) -> Tensor:
        """(*,) index of the surface point closest to each of points (*, 3) with normals (*, 3), object frame.

        Walls are thin: where the closest of all does not face as the point does, it is the closest of those
        that look away from that one. Exact for the centre of the cell that a point falls in; points outside
        the index are first moved onto it.
        """
        index = self._index
        position = ((points - index.origin) / index.cell).round_().long()
        position = torch.minimum(position.clamp_min_(0), index.last)
        place = (position * index.strides).sum(-1)
        closest = index.closest[place]
        faces = (self.cloud.normals[closest] * normals).sum(-1) > FACING
        return torch.where(faces, closest, index.behind[place])

    @cached_property
    def centre(self) -> Tensor:
        """(3,) of the bounding box, object frame, metres."""
        return (self.cloud.points.amin(0) + self.cloud.points.amax(0)) / 2

    @cached_property
    def points_and_normals(self) -> Tensor:
        """(N, 6), for one look-up of both."""
        return torch.cat([self.cloud.points, self.cloud.normals], dim=-1)

    @cached_property
    def _index(self) -> _Index:
        margin = MARGIN * self.diameter
        low = self.cloud.points.amin(0) - margin
        extent = self.cloud.points.amax(0) + margin - low
        cell = float(extent.max()) / CELLS
        last = (extent / cell).ceil().long()
        axes = [low[i].item() + cell * np.arange(int(last[i]) + 1) for i in range(3)]
        centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        closest, distance = _nearest(self.cloud.points, centres)
        strides = torch.tensor([(int(last[1]) + 1) * (int(last[2]) + 1), int(last[2]) + 1, 1])
        near = (distance <= margin).nonzero()[:, 0]
        behind = closest.clone()
        behind[near] = self._behind(centres[near.numpy()], closest[near])
        return _Index(closest, behind, low, cell, last, strides)

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


@dataclass(frozen=True, eq=False)
class _Index:
    """C cells, of which place (x, y, z) has the number (x, y, z) @ strides."""

    closest: Tensor  # (C,) the surface point closest to the cell's centre
    behind: (
        Tensor  # (C,) the closest that looks away from that one; the same beyond MARGIN, where it matters not
    )
    origin: Tensor  # (3,) metres, centre of the first cell
    cell: float  # metres
    last: Tensor  # (3,) the last cell's place
    strides: Tensor  # (3,)


def _nearest(points: Tensor, queries: np.ndarray) -> tuple[Tensor, Tensor]:
    """(Q,) index of the point of (N, 3) nearest to each query (Q, 3), and (Q,) how far it is."""
    distance, nearest = cKDTree(points.numpy()).query(queries, workers=threads())
    return torch.from_numpy(nearest), torch.from_numpy(distance)
