"""One object's pose in one frame: from where it is thought to be, or from many places around."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.geometry.tangent import moved_about
from objpose.objects import ObjectModel
from objpose.tracking.align import Aligner, summed
from objpose.tracking.depth import DepthPoints
from objpose.tracking.drawn import DrawnPaint
from objpose.tracking.evidence import Evidence, chance, odds, odds_of
from objpose.tracking.light import Light
from objpose.tracking.modalities import FollowedPaint, MeasuredSurface, Outline
from objpose.tracking.paint import Paint
from objpose.tracking.region import Region
from objpose.tracking.region.region import UPDATE_RATE
from objpose.tracking.rivals import rival_turns, share_among
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step, steps_of
from objpose.tracking.texture import Patches
from objpose.tracking.views import SparseViews, sparse_views
from objpose.tracking.weighing import weighed
from objpose.tracking.wide import Silhouettes

DRAWN = 20  # of the places of a wide search that are drawn onto the frame, by few of the object's points:
THINNED = 4  # one of so many
CHOSEN = 6  # of them that are drawn to the pixel
TURNED = 12.0  # degrees each way about each axis, from which the best of them is drawn again
CLEAR = 0.9  # chance from which nothing better is looked for
JUDGED = Step(1, 3.0, 0.0, 0)  # what poses are compared by: wider than the last step


@dataclass(frozen=True, eq=False)
class Fit:
    """The best pose found in a frame."""

    cam_from_mesh: SE3  # ()
    evidence: Evidence
    information: Tensor  # (6, 6) of twists about the object's centre, as if all residuals erred alone
    share: float = 1.0  # of its chance, among the poses that its shape may be mistaken by: `told_apart`

    @property
    def odds(self) -> float:
        """Logarithm, of the pose's being right or one of those."""
        return odds(self.evidence)

    @property
    def likely(self) -> float:
        """The chance of the pose's being right."""
        return chance(self.odds) * self.share


class Fitter:
    """Holds what of an object frames are compared with; learns its looks from frames that can be trusted."""

    def __init__(self, model: ObjectModel):
        self.diameter = model.diameter
        self.views = sparse_views(model)
        self.light = Light()
        self.paint = Paint(model, self.views.centre, self.light)
        self._turns = rival_turns(model)
        self._aligner = Aligner(self.views.centre, model.diameter / 2)
        self.region, few = Region(self.views), thinned(self.views)
        coarse = Region(few)
        coarse.colours = self.region.colours
        table = self.region.colours.table
        self._silhouettes = Silhouettes(model.coarse_mesh, self.views.centre, model.diameter, table)
        points, fewer = (DepthPoints(views, model.diameter) for views in (self.views, few))
        self._patches = Patches(model.coarse_mesh, self.views.centre, model.diameter)
        self.outline, self.surface = Outline(self.region, points), MeasuredSurface(points)
        self.followed = FollowedPaint(self._patches)
        self._modalities = self.outline, self.surface, self.followed
        self.drawn = DrawnPaint(model, self.views.centre, self.light)
        self._few = Outline(coarse, fewer), MeasuredSurface(fewer)

    @property
    def knows_colours(self) -> bool:
        return self.region.colours.is_known

    def near(self, sight: Sight, start: SE3) -> Fit:
        """From one pose ()."""
        steps = steps_of(self._size(sight, start))
        return self._finished(sight, start.wxyz_xyz[None].contiguous(), steps, is_quick=True)

    def around(self, sight: Sight, centres: SE3) -> Fit:
        """From many poses around each of (k,)."""
        found = [self._silhouettes.around(sight, centre) for centre in centres]
        places, nats = (torch.cat(parts) for parts in zip(*found, strict=True))
        return self._likeliest(sight, places, nats)

    def anywhere(self, sight: Sight, depth: float, part: int) -> Fit:
        """From a part of all poses about `depth` metres away, anywhere in the picture."""
        return self._likeliest(sight, *self._silhouettes.anywhere(sight, depth, part))

    def _likeliest(self, sight: Sight, places: Tensor, nats: Tensor) -> Fit:
        likely = places[nats.argsort(descending=True, stable=True)[:DRAWN]].contiguous()
        steps = steps_of(self._size(sight, SE3(likely[0])))
        drawn = self._aligner.aligned(self._few, sight, likely, steps[:2])
        outline, _ = self._few
        outline.look(sight, drawn, steps[2])
        fits = odds_of(outline.misfit(drawn, steps[2]), self.paint.seen(sight, SE3(drawn)))
        best = fits.argsort(descending=True, stable=True)[:CHOSEN]
        found = self._finished(sight, drawn[best].contiguous(), steps[1:])
        beside = moved_about(self.views.centre, found.cam_from_mesh.wxyz_xyz.expand(6, 7), aside())
        again = self._finished(sight, beside.float().contiguous(), steps[1:])
        return max(found, again, key=lambda fit: fit.odds)

    def told_apart(self, sight: Sight, fit: Fit) -> Fit:
        """The same with its share among the ways round that it may be mistaken by."""
        return replace(fit, share=share_among(self, sight, fit.cam_from_mesh, fit.evidence, self._turns, JUDGED))

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
        self._patches.remember(trusted, sight.K, sight.depth)
        self.drawn.remember(sight, cam_from_mesh, min(rate / UPDATE_RATE, 1.0))

    def _finished(self, sight: Sight, starts: Tensor, steps: Sequence[Step], is_quick: bool = False) -> Fit:
        """The best of poses (B, 7) drawn with the object's paint and without.

        is_quick: without only where the paint leaves doubts.
        """
        if not self.drawn.offers(sight, starts):
            return self._judged(sight, self._aligner.aligned(self._modalities, sight, starts, steps))
        painted = (*self._modalities, self.drawn)
        fit = self._judged(sight, self._aligner.aligned(painted, sight, starts, steps))
        if is_quick and chance(fit.odds) >= CLEAR:
            return fit
        here = fit.cam_from_mesh.wxyz_xyz[None].contiguous()  # paint takes longer to settle than an outline
        settled = self._judged(sight, self._aligner.aligned(painted, sight, here, steps[1:]))
        other = self._judged(sight, self._aligner.aligned(self._modalities, sight, starts, steps))
        return max(fit, settled, other, key=lambda one: one.odds)

    def _judged(self, sight: Sight, found: Tensor) -> Fit:
        """The likeliest of poses (B, 7)."""
        for modality in self._modalities:
            modality.look(sight, found, JUDGED)
        information = summed(self._modalities, found, JUDGED).normal.clone()
        judged = weighed(self, sight, found, JUDGED)
        poses = SE3(found).normalized()
        fits = [Fit(poses[i], evidence, information[i]) for i, evidence in enumerate(judged)]
        return max(fits, key=lambda fit: fit.odds)

    def _size(self, sight: Sight, cam_from_mesh: SE3) -> float:
        """Pixels of the diameter at a pose ()."""
        depth = max(float(cam_from_mesh.apply(self.views.centre)[2]), self.diameter / 10)
        return float(sight.K[0, 0]) * self.diameter / depth


def aside() -> Tensor:
    """(6, 6) twists about the centre."""
    turns = math.radians(TURNED) * torch.cat([torch.eye(3), -torch.eye(3)])
    return torch.cat([torch.zeros(6, 3), turns], 1)


def thinned(views: SparseViews) -> SparseViews:
    """Views with fewer points."""
    names = [name for name in vars(views) if name.startswith(("contour_", "surface_"))]
    return replace(views, **{name: getattr(views, name)[:, ::THINNED].contiguous() for name in names})
