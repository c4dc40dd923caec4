"""An object's outline as one of the things that a pose is drawn by."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import LineStatistics
from objpose.raster.constants import OUTLIERS
from objpose.tracking.align import Step
from objpose.tracking.region.region import Region
from objpose.tracking.sight import Sight

POSITIONS = 12  # of a line's segments where the border may be: six to either side


class OutlineModality:
    """Of one `Region`."""

    def __init__(self, region: Region):
        self.region = region

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        self.region.aim(cam_from_mesh)
        self.region.look(sight.rgb, cam_from_mesh, sight.K, step.scale, POSITIONS)
        self._K = sight.K

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations:
        return self.region.equations(cam_from_mesh, self._K, step.sigma)

    def misfit(self, cam_from_mesh: Tensor, step: Step) -> Tensor:
        """(B,) mean cost of a line, nats, at the step last looked with: 0 where every line is sure of its place.

        Lines that cannot be looked along, out of the image or beside another border, count as those that
        tell nothing: else a pose out of view would fit best.
        """
        found = self.statistics(cam_from_mesh, step)
        return found.share * found.misfit + (1 - found.share) * untold(step)

    def statistics(self, cam_from_mesh: Tensor, step: Step) -> LineStatistics:
        return self.region.evidence(cam_from_mesh, self._K, step.sigma)


def untold(step: Step) -> float:
    """The cost of a line that says nothing: its border may be anywhere."""
    places = step.scale * (torch.arange(POSITIONS) - (POSITIONS - 1) / 2)
    near = float(torch.exp(-0.5 * (places / step.sigma).square()).mean())
    return -math.log((near + OUTLIERS) / (1 + OUTLIERS))
