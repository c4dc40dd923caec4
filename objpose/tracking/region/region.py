"""One object's outline in a frame: lines across it, equations of its poses, and how well they agree."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import (
    Lines,
    LineStatistics,
    Outline,
    line_equations,
    line_profiles,
    line_statistics,
    nearest_views,
)
from objpose.raster.lines.bundles import empty_statistics
from objpose.tracking.region.colours import Colours
from objpose.tracking.views import SparseViews

UPDATE_RATE = 0.2  # of the colours with each trusted frame: they follow the light within ten


class Region:
    """The outline of an object under B poses at once: 1 from frame to frame, many in a wide search.

    Every frame: `aim`, which names the contour points (mask those that are hidden), then `look`, then
    `equations` as often as the poses move, then `aim` and `look` again, finer. Buffers are made when a number
    of poses or of positions is first met, and kept. All poses are (B, 7) wxyz_xyz, float32, contiguous.
    """

    def __init__(self, views: SparseViews) -> None:
        self.views = views
        self.colours = Colours()
        self._rooms: dict[int, _Room] = {}
        self._lines: dict[tuple[int, int], Lines] = {}
        self._seen = self._lines_of(1, 2)  # of the last look

    def aim(self, cam_from_obj: Tensor) -> Outline:
        """The outlines of the views nearest to poses; clear `usable` (B, N) where a point is hidden."""
        outline = self._room(len(cam_from_obj)).outline
        nearest_views(self.views.directions, self.views.centre, cam_from_obj, outline.view)
        outline.usable.fill_(True)
        return outline

    def look(self, rgb: Tensor, cam_from_obj: Tensor, K: Tensor, scale: int, positions: int = 12) -> Lines:
        """Lines across the outlines that `aim` named, of `positions` that lie `scale` pixels apart."""
        poses = len(cam_from_obj)
        self._seen = self._lines_of(poses, positions)
        line_profiles(rgb, self.colours.table, self._room(poses).outline, cam_from_obj, K, scale, self._seen)
        return self._seen

    def equations(self, cam_from_obj: Tensor, K: Tensor, sigma: float) -> NormalEquations:
        """Normal equations of the lines last looked along, about the views' centre; sigma: pixels."""
        room = self._room(len(cam_from_obj))
        centre = self.views.centre
        line_equations(self._seen, room.outline, cam_from_obj, K, centre, sigma, room.equations)
        return room.equations

    def evidence(self, cam_from_obj: Tensor, K: Tensor, width: float) -> LineStatistics:
        """How the lines last looked along agree with poses to `width` pixels; valid until the next call."""
        room = self._room(len(cam_from_obj))
        line_statistics(self._seen, room.outline, cam_from_obj, K, width, room.statistics)
        return LineStatistics.of(room.statistics)

    def remember(self, rgb: Tensor, cam_from_obj: Tensor, K: Tensor, rate: float = UPDATE_RATE) -> None:
        """Learn the colours beside the outlines that `aim` named, of poses that can be trusted."""
        self.colours.learn(rgb, self._room(len(cam_from_obj)).outline, cam_from_obj, K, rate)

    def _room(self, poses: int) -> _Room:
        if poses not in self._rooms:
            self._rooms[poses] = _Room.of(self.views, poses)
        return self._rooms[poses]

    def _lines_of(self, poses: int, positions: int) -> Lines:
        if (poses, positions) not in self._lines:
            count = self.views.contour_points.shape[1]
            self._lines[poses, positions] = Lines.empty(poses, count, positions)
        return self._lines[poses, positions]


class _Room(NamedTuple):
    """Buffers for one number of poses."""

    outline: Outline
    equations: NormalEquations
    statistics: Tensor

    @staticmethod
    def of(views: SparseViews, poses: int) -> _Room:
        usable = torch.ones(poses, views.contour_points.shape[1], dtype=torch.bool)
        shapes = (views.contour_points, views.contour_normals, views.contour_reach)
        outline = Outline(*shapes, torch.zeros(poses, dtype=torch.int32), usable)
        equations = NormalEquations(torch.zeros(poses, 6, 6), torch.zeros(poses, 6), torch.zeros(poses))
        return _Room(outline, equations, empty_statistics(poses))
