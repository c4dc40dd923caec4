"""What a pose is drawn by: outline, measured surface and paint of one object, under one contract."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import LineStatistics, PatchMatches, PointCounts
from objpose.raster.constants import OUTLIERS
from objpose.tracking.depth import DepthPoints
from objpose.tracking.region import Region
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step
from objpose.tracking.texture import Patches

POSITIONS = 12  # of a line's segments where the border may be: six to either side
PAINT_FROM = 0.7  # coarseness below which patches are followed: they find their place from a few pixels only


class Modality(Protocol):
    """Poses are (B, 7) of the object's mesh; equations are valid until the next call."""

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        """Find what the poses are compared with from here on."""

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations | None:
        """Of what `look` found, about the centre of the object's views; None where it says nothing."""


class Outline:
    """By colour; what is measured, or known to stand, before a point of it hides it."""

    def __init__(self, region: Region, points: DepthPoints):
        self.region, self._points = region, points

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        outline = self.region.aim(cam_from_mesh)
        if sight.depth is not None:
            self._points.clear_hidden(sight.depth, outline, cam_from_mesh, sight.K)
        if sight.occluders is not None:
            self._points.clear_hidden(sight.occluders.depth, outline, cam_from_mesh, sight.occluders.K)
        self.region.look(sight.rgb, cam_from_mesh, sight.K, step.scale, POSITIONS)
        self._K = sight.K

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations:
        return self.region.equations(cam_from_mesh, self._K, step.sigma)

    def misfit(self, cam_from_mesh: Tensor, step: Step) -> Tensor:
        """(B,) mean cost of a line, nats, at the step last looked with: 0 where all are sure of their place.

        Lines that cannot be looked along, out of the image or beside another border, count as those that
        tell nothing: else a pose out of view would fit best.
        """
        found = self.statistics(cam_from_mesh, step)
        return found.share * found.misfit + (1 - found.share) * untold(step)

    def statistics(self, cam_from_mesh: Tensor, step: Step) -> LineStatistics:
        return self.region.evidence(cam_from_mesh, self._K, step.sigma)

    def hidden(self, poses: int) -> Tensor:
        """(B,) share of the outline's points that something hides, of the last look at B poses."""
        return 1 - self.region.usable(poses).float().mean(1)


class MeasuredSurface:
    """By depth."""

    def __init__(self, points: DepthPoints):
        self._points = points

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        self._points.aim(cam_from_mesh)
        self._sight = sight

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations | None:
        if self._sight.depth is None:
            return None
        return self._points.equations(self._sight.depth, cam_from_mesh, self._sight.K, step.coarseness)

    def counts(self, cam_from_mesh: Tensor) -> PointCounts | None:
        """What became of the surface's points, of the last look."""
        if self._sight.depth is None:
            return None
        return self._points.evidence(self._sight.depth, cam_from_mesh, self._sight.K)


class FollowedPaint:
    """By patches of a trusted frame."""

    def __init__(self, patches: Patches):
        self._patches = patches
        self._looked: tuple[Sight, int] | None = None

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        """The part of the frame around the poses is taken in once: they move little against its margin."""
        if self._looked != (sight, len(cam_from_mesh)):
            self._patches.look(sight.rgb, cam_from_mesh, sight.K)
            self._looked = sight, len(cam_from_mesh)
        self._K = sight.K

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations | None:
        if step.coarseness > PAINT_FROM or not self._patches.offers:
            return None
        return self._patches.equations(cam_from_mesh, self._K, step.coarseness)

    def matches(self, cam_from_mesh: Tensor) -> PatchMatches | None:
        return self._patches.evidence(cam_from_mesh, self._K) if self._patches.offers else None


@lru_cache
def untold(step: Step) -> float:
    """The cost of a line that says nothing: its border may be anywhere."""
    places = step.scale * (torch.arange(POSITIONS) - (POSITIONS - 1) / 2)
    near = float(torch.exp(-0.5 * (places / step.sigma).square()).mean())
    return -math.log((near + OUTLIERS) / (1 + OUTLIERS))
