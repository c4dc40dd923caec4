"""An object's surface as points, and the index that tells the nearest of them by one look-up."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import upload
from objpose.raster.constants import FACING


class SurfaceIndex(NamedTuple):
    """N surface points and C cells, of which place (x, y, z) is number (x (ly + 1) + y) (lz + 1) + z.

    Object frame, metres; (lx, ly, lz) is the last place.
    """

    points: Tensor  # (N, 6) float32, and their unit normals
    closest: Tensor  # (C,) int32, the surface point closest to the cell's centre
    behind: Tensor  # (C,) int32, the closest of those that look away from that one
    origin: tuple[float, float, float]  # centre of the first cell
    cell: float  # side of a cell
    last: tuple[int, int, int]
    centre: tuple[float, float, float]  # of the object
    diameter: float

    def to(self, device: torch.device) -> SurfaceIndex:
        points, closest, behind = (upload(array, device) for array in self[:3])
        return self._replace(points=points, closest=closest, behind=behind)

    def look_up(self, points: Tensor, normals: Tensor) -> tuple[Tensor, Tensor]:
        """(*,) index of the surface point closest to each of (3, *) with normals (3, *); its own (6, *).

        Coordinates come first: numbers of one kind side by side are quickest. Walls are thin: where the
        closest of all does not face as the point does, it is the closest of those that look away from that
        one. Exact for the centre of the cell that a point falls in; points outside the index are first moved
        onto it.
        """
        place = self._place(points).flatten()
        closest = self.closest.index_select(0, place)
        along = self.points[:, 3:].index_select(0, closest).T
        facing = (along * normals.reshape(3, -1)).sum(0) > FACING
        closest = torch.where(facing, closest, self.behind.index_select(0, place))
        found = self.points.index_select(0, closest).T
        return closest.view(points.shape[1:]), found.reshape(6, *points.shape[1:])

    def _place(self, points: Tensor) -> Tensor:
        """(*,) numbers of the cells nearest to points (3, *)."""
        # In floats, which hold such numbers exactly and are quicker than integers.
        number = points.new_zeros(points.shape[1:])
        for along, origin, last in zip(points, self.origin, self.last, strict=True):
            steps = (along - origin).div_(self.cell).round_().clamp_(0, last)
            number.mul_(last + 1).add_(steps)
        return number.nan_to_num_(0.0).long()
