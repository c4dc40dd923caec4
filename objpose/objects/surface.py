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

    def to(self, device: torch.device) -> Surface:
        """The surface on another device; its index is made here, on the host."""
        self.centre, self._planes, self._index  # noqa: B018 - made once, and sent along
        return on_device(self, device)

    def closest(self, points: Tensor, normals: Tensor) -> tuple[Tensor, Tensor]:
        """(*,) index of the surface point closest to each of (3, *) with normals (3, *); its own (6, *).

        Object frame; coordinates come first: numbers of one kind side by side are quickest. Walls are thin:
        where the closest of all does not face as the point does, it is the closest of those that look away
        from that one. Exact for the centre of the cell that a point falls in; points outside the index are
        first moved onto it.
        """
        place = self._index.place(points).flatten()
        closest = self._index.closest.index_select(0, place)
        facing = (self._normals(closest) * normals.reshape(3, -1)).sum(0) > FACING
        closest = torch.where(facing, closest, self._index.behind.index_select(0, place))
        found = self._planes.index_select(1, closest)
        return closest.view(points.shape[1:]), found.view(6, *points.shape[1:])

    def _normals(self, index: Tensor) -> Tensor:
        """(3, M) of points (M,)."""
        return self._planes[3:].index_select(1, index)

    @cached_property
    def centre(self) -> Tensor:
        """(3,) of the bounding box, object frame, metres."""
        return (self.cloud.points.amin(0) + self.cloud.points.amax(0)) / 2

    @cached_property
    def _planes(self) -> Tensor:
        """(6, N) coordinates of the points and of their normals."""
        return torch.cat([self.cloud.points, self.cloud.normals], dim=-1).T.contiguous()

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
        ends = tuple(last.tolist())
        strides = ((ends[1] + 1) * (ends[2] + 1), ends[2] + 1, 1)
        near = (distance <= margin).nonzero()[:, 0]
        behind = closest.clone()
        behind[near] = self._behind(centres[near.numpy()], closest[near])
        return _Index(closest, behind, tuple(low.tolist()), cell, ends, strides)

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
    behind: Tensor  # (C,) the closest that looks away from that one; beyond MARGIN the same, as it may be
    origin: tuple[float, ...]  # x, y, z, metres, centre of the first cell
    cell: float  # metres
    last: tuple[int, ...]  # the last cell's place
    strides: tuple[int, ...]

    def place(self, points: Tensor) -> Tensor:
        """(*,) numbers of the cells nearest to points (3, *)."""
        # In floats, which hold such numbers exactly and are quicker than integers.
        number = points.new_zeros(points.shape[1:])
        for axis in range(3):
            steps = (points[axis] - self.origin[axis]).div_(self.cell).round_().clamp_(0, self.last[axis])
            number.add_(steps, alpha=self.strides[axis])
        return number.nan_to_num_(0.0).long()


def _nearest(points: Tensor, queries: np.ndarray) -> tuple[Tensor, Tensor]:
    """(Q,) index of the point of (N, 3) nearest to each query (Q, 3), and (Q,) how far it is."""
    distance, nearest = cKDTree(points.numpy()).query(queries, workers=threads())
    return torch.from_numpy(nearest), torch.from_numpy(distance)
