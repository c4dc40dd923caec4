"""One object's pose in one frame: from where it is thought to be, or from many places around."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.tracking.align import Aligner, summed
from objpose.tracking.beside import beside
from objpose.tracking.depth import DepthPoints
from objpose.tracking.drawn import DrawnPaint
from objpose.tracking.evidence import Evidence, chance, odds
from objpose.tracking.lifecycle import GONE
from objpose.tracking.light import Light
from objpose.tracking.modalities import FollowedPaint, MeasuredSurface, Modality, Outline
from objpose.tracking.paint import Paint
from objpose.tracking.portion import ALL, Portion
from objpose.tracking.region import Region
from objpose.tracking.region.region import UPDATE_RATE
from objpose.tracking.rivals import rival_turns, share_among
from objpose.tracking.searching import likeliest
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step, steps_of
from objpose.tracking.texture import Patches
from objpose.tracking.views import SparseViews, sparse_views
from objpose.tracking.weighing import weighed
from objpose.tracking.wide import Silhouettes

THINNED = 4  # of the object's points, one of so many in a wide search
PROMISING = 3  # of the steps to the pixel, after which the best of many places is gone on with
HOPE = 2.0  # nats that these last steps may add
CLEAR = 0.9  # chance from which nothing better is looked for
JUDGED = Step(1, 3.0, 0.0, 0)  # what poses are compared by: wider than the last step


@dataclass(frozen=True, eq=False)
class Fit:
    """The best pose found in a frame."""

    cam_from_mesh: SE3  # ()
    evidence: Evidence
    information: Tensor  # (6, 6) of twists about the object's centre, as if all residuals erred alone
    share: float = 1.0  # of its chance, among the poses that its shape may be mistaken by: `told_apart`
    turn: float = 1.0  # of that, against poses turned a little: `beside`

    @property
    def odds(self) -> float:
        """Logarithm, of the pose's being right or one of those."""
        return odds(self.evidence)

    @property
    def there(self) -> float:
        """The chance of the object's being about there, this way round."""
        return chance(self.odds) * self.share

    @property
    def likely(self) -> float:
        """The chance of the pose's being right."""
        return self.there * self.turn


class Fitter:
    """Holds what of an object frames are compared with; learns its looks from frames that can be trusted."""

    def __init__(self, model: ObjectModel):
        self.diameter = model.diameter
        self.views = sparse_views(model)
        self.light = Light()
        self.paint = Paint(model, self.views.centre, self.light)
        self._turns = rival_turns(model)
        self.aligner = Aligner(self.views.centre, model.diameter / 2)
        self.region, few = Region(self.views), thinned(self.views)
        coarse = Region(few)
        coarse.colours = self.region.colours
        table = self.region.colours.table
        self._silhouettes = Silhouettes(model.coarse_mesh, self.views.centre, model.diameter, table)
        points, fewer = (DepthPoints(views, model.diameter) for views in (self.views, few))
        self._patches = Patches(model.coarse_mesh, self.views.centre, model.diameter)
        self.outline, self.surface = Outline(self.region, points), MeasuredSurface(points)
        self.followed = FollowedPaint(self._patches)
        self.modalities = self.outline, self.surface, self.followed
        self.drawn = DrawnPaint(model, self.views.centre, self.light)
        self.few = Outline(coarse, fewer), MeasuredSurface(fewer)

    @property
    def knows_colours(self) -> bool:
        return self.region.colours.is_known

    def near(self, sight: Sight, start: SE3) -> Fit:
        """From one pose (), by all there is together."""
        return self.fitted(sight, start.wxyz_xyz[None].contiguous(), steps_of(self.size(sight, start)))

    def settled(self, sight: Sight, near: Fit, start: SE3) -> Fit:
        """What `near` found from one pose (), or where that is not clear what agrees best, in more time."""
        if chance(near.odds) >= CLEAR:
            return near
        return self._likelier(
            sight, near, start.wxyz_xyz[None].contiguous(), steps_of(self.size(sight, start))
        )

    def around(self, sight: Sight, centres: SE3, part: Portion = ALL, least: float = -math.inf) -> Fit:
        """From a portion of many poses around each of (k,).

        least: the odds that are to be beaten: what comes nowhere near is not drawn to the end.
        """
        found = [self._silhouettes.around(sight, centre, turn) for centre, turn in part.among(centres)]
        places, nats = (torch.cat(parts) for parts in zip(*found, strict=True))
        return likeliest(self, sight, places, nats, part, least)

    def anywhere(self, sight: Sight, depth: float, part: Portion, least: float = -math.inf) -> Fit:
        """From a part of all poses about `depth` metres away, anywhere in the picture."""
        return likeliest(self, sight, *self._silhouettes.anywhere(sight, depth, part), part, least)

    def told_apart(self, sight: Sight, fit: Fit) -> Fit:
        """The same with its share among the ways round that it may be mistaken by, and all its information.

        What is gone has neither.
        """
        if chance(fit.odds) < GONE:
            return fit
        fit = self._turned_back(sight, fit)
        poses = fit.cam_from_mesh.wxyz_xyz[None].to(torch.float32).contiguous()
        if self.drawn.offers(sight, poses):  # what it was drawn by tells how precise it is
            fit = replace(fit, information=fit.information + self.drawn.equations(poses, JUDGED).normal[0])
        return replace(
            fit, share=share_among(self, sight, fit.cam_from_mesh, fit.evidence, self._turns, JUDGED)
        )

    def _turned_back(self, sight: Sight, fit: Fit) -> Fit:
        """The fit, or a likelier one drawn from a little beside it; what paint beside that leaves of it."""
        turned = beside(self, sight, fit.cam_from_mesh, fit.evidence)
        if turned.is_likelier:
            steps = steps_of(self.size(sight, fit.cam_from_mesh))
            again = self.fitted(sight, turned.cam_from_mesh, steps[2:])
            if again.odds > fit.odds:
                fit, turned = again, beside(self, sight, again.cam_from_mesh, again.evidence)
        return replace(fit, turn=turned.share)

    def learn(self, sight: Sight, cam_from_mesh: SE3, rate: float = 1.0, anew: bool = False) -> None:
        """What the object and its surroundings look like, from a pose () that can be trusted.

        rate: 0 to 1, how much; anew: all that was learned is forgotten.
        """
        trusted = cam_from_mesh.wxyz_xyz[None].contiguous()
        if anew:
            self.region.colours.forget()
            self._patches.forget()
            self.light.forget()
        step = Step(1, 1.0, 0.0)
        for modality in (self.outline, self.followed):
            modality.look(sight, trusted, step)
        self.region.remember(sight.rgb, trusted, sight.K, rate)
        if not self.drawn.is_of_use:  # the mesh's own paint does not drift, and shows from all around
            self._patches.remember(trusted, sight.K, sight.depth)
        self.drawn.remember(sight, cam_from_mesh, min(rate / UPDATE_RATE, 1.0))

    def fitted(self, sight: Sight, starts: Tensor, steps: Sequence[Step]) -> Fit:
        """The best of poses (B, 7), drawn by all there is."""
        return self._judged(sight, self.aligner.aligned(self._painted(sight, starts), sight, starts, steps))

    def finished(self, sight: Sight, starts: Tensor, steps: Sequence[Step], least: float) -> Fit:
        """The best of poses (B, 7), drawn to the end if its odds come near the least that are of use."""
        fit = self.fitted(sight, starts, steps[:PROMISING])
        return fit if fit.odds < least - HOPE else self._likelier(sight, fit, starts, steps)

    def _painted(self, sight: Sight, starts: Tensor) -> Sequence[Modality]:
        """All modalities, the object's paint where it is of use about the first of poses (B, 7)."""
        return (*self.modalities, self.drawn) if self.drawn.offers(sight, starts) else self.modalities

    def _likelier(self, sight: Sight, fit: Fit, starts: Tensor, steps: Sequence[Step]) -> Fit:
        """A fit, or that drawn on, for paint settles later than an outline, or those without paint."""
        here = fit.cam_from_mesh.wxyz_xyz[None].contiguous()
        modalities = self._painted(sight, here)
        if modalities is self.modalities:
            return fit
        settled = self._judged(sight, self.aligner.aligned(modalities, sight, here, steps[1:]))
        plain = self._judged(sight, self.aligner.aligned(self.modalities, sight, starts, steps))
        return max(fit, settled, plain, key=lambda one: one.odds)

    def _judged(self, sight: Sight, found: Tensor) -> Fit:
        """The likeliest of poses (B, 7)."""
        for modality in self.modalities:
            modality.look(sight, found, JUDGED)
        information = summed(self.modalities, found, JUDGED).normal.clone()
        judged = weighed(self, sight, found, JUDGED)
        poses = SE3(found).normalized()
        fits = [Fit(poses[i], evidence, information[i]) for i, evidence in enumerate(judged)]
        return max(fits, key=lambda fit: fit.odds)

    def size(self, sight: Sight, cam_from_mesh: SE3) -> float:
        """Pixels of the diameter at a pose ()."""
        depth = max(float(cam_from_mesh.apply(self.views.centre)[2]), self.diameter / 10)
        return float(sight.K[0, 0]) * self.diameter / depth


def thinned(views: SparseViews) -> SparseViews:
    """Views with fewer points."""
    names = [name for name in vars(views) if name.startswith(("contour_", "surface_"))]
    return replace(views, **{name: getattr(views, name)[:, ::THINNED].contiguous() for name in names})
