"""One object's pose in one frame: from where it is thought to be, or from many places around."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.geometry import SE3, nearest_pixels
from objpose.objects import ObjectModel
from objpose.tracking.align import Aligner, Step, steps_of, summed
from objpose.tracking.evidence import RGB, Evidence
from objpose.tracking.paint import Paint
from objpose.tracking.region import Region
from objpose.tracking.region.following import OutlineModality
from objpose.tracking.sight import Sight
from objpose.tracking.views import SparseViews, sparse_views
from objpose.tracking.wide import places_around

DRAWN = 12  # of the places of a wide search that are drawn onto the frame, by few of the outline's points:
THINNED = 4  # one of so many
CHOSEN = 4  # of them that are drawn to the pixel
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
        self.diameter, self._mesh = model.diameter, model.coarse_mesh
        self.views = sparse_views(model)
        self._region = Region(self.views)
        few = Region(thinned(self.views))
        few.colours = self._region.colours
        self._outline, self._few = OutlineModality(self._region), OutlineModality(few)
        self._paint = Paint(model, self.views.centre)
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
        table = self._region.colours.table
        found = [
            places_around(self._mesh, self.views.centre, self.diameter, table, sight, centre)
            for centre in centres
        ]
        places, nats = (torch.cat(parts) for parts in zip(*found, strict=True))
        likely = places[nats.argsort(descending=True, stable=True)[:DRAWN]].contiguous()
        steps = steps_of(size)
        drawn = self._aligner.aligned([self._few], sight, likely, steps[:2])
        self._few.look(sight, drawn, steps[2])
        best = self._few.misfit(drawn, steps[2]).argsort(stable=True)[:CHOSEN]
        return self._finished(sight, drawn[best].contiguous(), steps[1:])

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
        misfit = self._outline.misfit(found, JUDGED).tolist()
        statistics = self._outline.statistics(found, JUDGED)
        information = summed([self._outline], found, JUDGED).normal
        fits = []
        for index, pose in enumerate(SE3(found).normalized()):
            paint = self._paint.seen(sight, pose)
            evidence = Evidence(
                misfit=misfit[index],
                lines=float(statistics.share[index]),
                agreement=float(statistics.agreement[index]),
                filled=self._filled(sight, pose),
                likeness=paint.likeness,
                colourful=paint.weight,
            )
            fits.append(Fit(pose, evidence, information[index].clone()))
        return max(fits, key=lambda fit: RGB.odds(fit.evidence))

    def _filled(self, sight: Sight, cam_from_mesh: SE3) -> float:
        """How much of what is seen within the outline has the object's colours."""
        points = self.views.surface_points[int(self.views.nearest(cam_from_mesh[None]))]
        seen = cam_from_mesh.apply_points(points)
        pixels = ((seen / seen[:, 2:].clamp_min(1e-6)) @ sight.K.mT)[:, :2]
        column, row, inside = nearest_pixels(pixels, *sight.rgb.shape[:2])
        red, green, blue = (sight.rgb[row, column].long() >> 3)[inside].unbind(-1)
        return float(self._region.colours.table[red, green, blue].mean()) if bool(inside.any()) else 0.0

    def _size(self, sight: Sight, cam_from_mesh: SE3) -> float:
        """Pixels of the diameter at a pose ()."""
        depth = max(float(cam_from_mesh.apply(self.views.centre)[2]), self.diameter / 10)
        return float(sight.K[0, 0]) * self.diameter / depth


def thinned(views: SparseViews) -> SparseViews:
    """Views with fewer points."""
    names = "contour_points", "contour_normals", "contour_reach", "surface_points", "surface_normals"
    return replace(views, **{name: getattr(views, name)[:, ::THINNED].contiguous() for name in names})
