"""One object's pose in one frame: from where it is thought to be, or from many places around."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.tracking.align import Aligner, Step, steps_of, summed
from objpose.tracking.evidence import Evidence
from objpose.tracking.region import Region
from objpose.tracking.region.following import OutlineModality
from objpose.tracking.sight import Sight
from objpose.tracking.views import SparseViews, sparse_views
from objpose.tracking.wide import wide_starts, wide_steps

THINNED = 4  # of the points that a wide search looks at, one is taken of so many
CHOSEN = 4  # of a wide search's poses that are drawn to the pixel
JUDGED = Step(1, 3.0, 0.0, 0)  # the look that poses are compared by: wider than the last, for the loser's sake


@dataclass(frozen=True, eq=False)
class Fit:
    """The best pose found in a frame."""

    cam_from_mesh: SE3  # ()
    evidence: Evidence
    information: Tensor  # (6, 6) of twists about the object's centre, as if all residuals erred alone


class Fitter:
    """Holds what of an object frames are compared with; learns its looks from frames that can be trusted."""

    def __init__(self, model: ObjectModel):
        self.diameter = model.diameter
        self.views = sparse_views(model)
        self._region = Region(self.views)
        few = Region(thinned(self.views))
        few.colours = self._region.colours
        self._outline, self._few = OutlineModality(self._region), OutlineModality(few)
        self._aligner = Aligner(self.views.centre, model.diameter / 2)

    @property
    def knows_colours(self) -> bool:
        return self._region.colours.is_known

    def near(self, sight: Sight, start: SE3) -> Fit:
        """From one pose ()."""
        return self._finished(sight, start.wxyz_xyz[None].contiguous(), steps_of(self._size(sight, start)))

    def around(self, sight: Sight, centres: SE3) -> Fit:
        """From many poses around each of (k,)."""
        size = self._size(sight, centres[0])
        starts = wide_starts(centres, self.views.centre, self.diameter)
        found = self._aligner.aligned([self._few], sight, starts, wide_steps(size))
        judged = Step(max(1, round(size / 50)), max(2.0, size / 20), 0.0, 0)
        self._few.look(sight, found, judged)
        best = self._few.misfit(found, judged).argsort(stable=True)[:CHOSEN]
        return self._finished(sight, found[best].contiguous(), steps_of(size)[1:])

    def learn(self, sight: Sight, cam_from_mesh: SE3, anew: bool = False) -> None:
        """What the object and its surroundings look like, from a pose () that can be trusted."""
        if anew:
            self._region.colours.forget()
        pose = cam_from_mesh.wxyz_xyz[None].contiguous()
        self._region.aim(pose)
        self._region.remember(sight.rgb, pose, sight.K)

    def _finished(self, sight: Sight, starts: Tensor, steps: tuple[Step, ...]) -> Fit:
        found = self._aligner.aligned([self._outline], sight, starts, steps)
        self._outline.look(sight, found, JUDGED)
        misfit = self._outline.misfit(found, JUDGED)
        statistics = self._outline.statistics(found, JUDGED)
        best = int(misfit.argmin())
        evidence = Evidence(
            float(misfit[best]),
            float(statistics.share[best]),
            float(statistics.agreement[best]),
            self._region.colours.contrast,
        )
        information = summed([self._outline], found, JUDGED).normal[best].clone()
        return Fit(SE3(found[best]).normalized(), evidence, information)

    def _size(self, sight: Sight, cam_from_mesh: SE3) -> float:
        """Pixels of the diameter at a pose ()."""
        depth = max(float(cam_from_mesh.apply(self.views.centre)[2]), self.diameter / 10)
        return float(sight.K[0, 0]) * self.diameter / depth


def thinned(views: SparseViews) -> SparseViews:
    """Views with fewer points."""
    names = "contour_points", "contour_normals", "contour_reach", "surface_points", "surface_normals"
    return replace(views, **{name: getattr(views, name)[:, ::THINNED].contiguous() for name in names})
