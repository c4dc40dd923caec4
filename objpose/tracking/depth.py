"""One object's surface in measured depth: equations of its poses, what it shows and lacks, what hides it."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import (
    DepthMatching,
    Outline,
    PointCounts,
    SurfacePoints,
    clear_hidden,
    depth_equations,
    nearest_views,
)
from objpose.raster.constants import POINT_COUNTS
from objpose.tracking.view_points import BESIDE
from objpose.tracking.views import SparseViews

NOISE = 2.5e-3  # 1 / metres: of stereo cameras, 0.6 mm at half a metre, growing with squared distance
# Shares of the diameter, at the last look and what the first one adds: where its surface is looked for, and
# how far off its pose may be. At the last it is the model that is not exact.
RADIUS, COARSE_RADIUS = 0.06, 0.2
SIGMA, COARSE_SIGMA = 0.004, 0.05
# What hides: so much nearer, in diameters and at least, besides the radius or the object's own shape.
MARGIN, LEAST_MARGIN = 0.1, 0.01


class DepthPoints:
    """The surface of an object under B poses at once.

    Every look: `aim`, then `equations` as often as the poses move. Poses are (B, 7) wxyz_xyz of the mesh,
    float32, contiguous. Buffers are made when a number of poses is first met, and kept: what is handed out is
    valid until the next call for as many poses.
    """

    def __init__(self, views: SparseViews, diameter: float) -> None:
        self.views, self.diameter = views, diameter
        self._rooms: dict[int, tuple[SurfacePoints, NormalEquations, Tensor]] = {}

    def aim(self, cam_from_mesh: Tensor) -> None:
        """Choose the views nearest to poses."""
        surface, _, _ = self._room(len(cam_from_mesh))
        nearest_views(self.views.directions, self.views.centre, cam_from_mesh, surface.view)

    def equations(
        self, depth: Tensor, cam_from_mesh: Tensor, K: Tensor, coarseness: float
    ) -> NormalEquations:
        """Of the views that `aim` chose, about their centre.

        depth: (H, W) float32 metres, 0 = missing; coarseness: from 1 at the first look to 0 at the last.
        """
        self._compare(depth, cam_from_mesh, K, self._matching(coarseness))
        return self._room(len(cam_from_mesh))[1]

    def evidence(self, depth: Tensor, cam_from_mesh: Tensor, K: Tensor) -> PointCounts:
        """What became of the points of the views that `aim` chose, (B,) each."""
        self._compare(depth, cam_from_mesh, K, self._matching(0.0))
        return PointCounts.of(self._room(len(cam_from_mesh))[2])

    def clear_hidden(self, depth: Tensor, outline: Outline, cam_from_mesh: Tensor, K: Tensor) -> None:
        """Clear `usable` of an outline of these views where anything measured, or drawn, hides it."""
        margin = max(MARGIN * self.diameter, LEAST_MARGIN)
        matching = DepthMatching(BESIDE * self.diameter, 0.0, NOISE, margin)
        clear_hidden(depth, K, outline, self.views.contour_front, cam_from_mesh, matching)

    def _matching(self, coarseness: float) -> DepthMatching:
        radius = (RADIUS + COARSE_RADIUS * coarseness) * self.diameter
        sigma = (SIGMA + COARSE_SIGMA * coarseness) * self.diameter
        return DepthMatching(radius, sigma, NOISE, max(MARGIN * self.diameter, LEAST_MARGIN, radius))

    def _compare(self, depth: Tensor, cam_from_mesh: Tensor, K: Tensor, matching: DepthMatching) -> None:
        surface, equations, counts = self._room(len(cam_from_mesh))
        depth_equations(depth, K, surface, cam_from_mesh, self.views.centre, matching, equations, counts)

    def _room(self, poses: int) -> tuple[SurfacePoints, NormalEquations, Tensor]:
        if poses not in self._rooms:
            view = torch.zeros(poses, dtype=torch.int32)
            surface = SurfacePoints(self.views.surface_points, self.views.surface_normals, view)
            equations = NormalEquations(torch.zeros(poses, 6, 6), torch.zeros(poses, 6), torch.zeros(poses))
            self._rooms[poses] = surface, equations, torch.zeros(poses, POINT_COUNTS, dtype=torch.int32)
        return self._rooms[poses]
