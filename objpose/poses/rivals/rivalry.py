"""The look-alikes of the best poses: found, thinned out, and given their shares of the chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import HOST, SE3, Symmetry, on_device
from objpose.objects import ObjectModel
from objpose.poses.answer import Verdict
from objpose.poses.distinct import SAME, best, distinct, separations
from objpose.poses.rivals.compare import Comparison
from objpose.poses.rivals.evidence import Evidence
from objpose.poses.rivals.in_place import in_place

TURNS = 36  # about an axis
FIRST_SIZE = 64  # pixels of the crop in which all turns are compared
BODIES = 2  # poses whose look-alikes are tried, none of which is a look-alike of another
MOST = 8  # rivals that are aligned and compared in pairs
PLACED = 6  # first poses that go on where there is no depth, whatever the first look says of them
NEAR = 6.0  # nats that are believed, behind the best, within which a rival is looked at more closely
HOPEFUL = 40.0  # the same of a rival whose alignment has gone astray
MOVED = 4  # of these, that are put where the best is
# Of the diameter, to the nearest look-alike of the best: from where an alignment has gone astray, and what
# lies farther is no look-alike.
MISPLACED, ASTRAY = 0.05, 0.45
LOST = 0.5  # of the diameter: an answer farther off is worth nothing
IMPOSSIBLE = 1e-3  # share of the chance below which a pose is no alternative
HOPELESS = 20.0  # nats behind the best in the first look


@dataclass(frozen=True, eq=False)
class Rivalry:
    model: ObjectModel
    first_look: Comparison  # of all turns, in few pixels
    close_look: Comparison  # of aligned poses
    evidence: Evidence
    further: Callable[[SE3], Tensor] | None = None  # (B,) nats of aligned poses (B,), by what else can see
    closely: Callable[[SE3], Tensor] | None = None  # the same, asked only where rivals come near the best

    def rivals(self, cam_from_obj: SE3) -> SE3:
        """(k,) the likeliest of poses (B,) and of the look-alikes of the first few, best first; k <= MOST.

        Without depth the poses come here too roughly placed for a look in few pixels to drop the best: then
        the first PLACED of them go on, in their order, before all others.
        """
        model = self.model
        bodies = cam_from_obj[self._different(model.near_symmetry, cam_from_obj, BODIES)]
        turns = model.near_symmetry.transforms(1.0, math.pi / TURNS)[1:]
        turned = SE3((bodies[:, None] @ turns).wxyz_xyz.reshape(-1, 7))
        candidates = SE3.cat([cam_from_obj, turned])
        nats = self.first_look.log_odds(on_device(candidates, model.device))
        if not self.first_look.with_depth:
            placed = min(PLACED, len(cam_from_obj))
            nats[:placed] = nats.max() + torch.arange(placed, 0.0, -1)
        order = best(nats)
        order = order[nats[order] > -HOPELESS]
        return candidates[order][self._different(model.symmetry, candidates[order], MOST)]

    def compared(self, cam_from_obj: SE3, verdict: Verdict, closely: bool) -> Tensor:
        """(B,) nats, 0 at most, of aligned poses (B,) against the best of them."""
        there = on_device(cam_from_obj, self.model.device)
        nats = self.evidence.of(verdict)
        for see in (self.further, self.closely if closely else None):
            if see is not None:
                nats = nats + see(there).to(HOST)
        return self.close_look.log_odds(there, nats)

    def contested(self, cam_from_obj: SE3, odds: Tensor) -> Tensor:
        """(k,) indices, best first, of poses (B,) whose odds (B,) come near the best's; none if it is alone.

        And of those that would be its look-alikes, had they been aligned as well: they lose by their place.
        """
        order = best(odds)
        gap = in_place(self.model, cam_from_obj[order[0]], cam_from_obj[order])[1]
        reach = torch.where((gap > MISPLACED) & (gap < ASTRAY), HOPEFUL, NEAR)
        near = order[self.evidence.believed * odds[order] > -reach]
        return near if len(self._different(self.model.symmetry, cam_from_obj[near])) > 1 else near[:0]

    def in_place(self, cam_from_obj: SE3) -> tuple[SE3, Tensor]:
        """(m,) look-alikes of the first of poses (B,), best first, where it is; (m,) which they are."""
        placed, gap = in_place(self.model, cam_from_obj[0], cam_from_obj)
        rivals = self._different(self.model.symmetry, placed)[1:]
        moved = rivals[gap[rivals] < ASTRAY][:MOVED]
        return placed[moved], moved

    def answer(self, cam_from_obj: SE3, odds: Tensor) -> tuple[Tensor, Tensor]:
        """(k,) indices of the poses (B,) that differ, best first, and (k,) their shares, by their odds (B,).

        The best is the one that errs least over all that may be true, not the likeliest: where nothing
        in view tells a turn, that is the middle of the range that is left.
        """
        model = self.model
        share = (self.evidence.believed * odds).softmax(0)
        apart = separations(model, model.symmetry, cam_from_obj) / model.diameter
        worth = (1 - apart / LOST).clamp_min(0.0) @ odds.softmax(0)
        kept = best(worth)
        kept = kept[self._different(model.symmetry, cam_from_obj[kept])]
        nearest = apart[:, kept].argmin(1)  # poses that come out the same share their chance
        share = torch.zeros(len(kept)).index_add_(0, nearest, share)
        possible = (share > IMPOSSIBLE).index_fill(0, torch.tensor(0), True)
        return kept[possible], share[possible]

    def _different(self, symmetry: Symmetry, cam_from_obj: SE3, limit: int | None = None) -> Tensor:
        """(k,) indices, k <= limit, of poses (B,), best first, that differ from every earlier one."""
        return distinct(self.model, symmetry, cam_from_obj, SAME * self.model.diameter, limit)


def rivalry(
    model: ObjectModel,
    crop: Crop,
    evidence: Evidence,
    with_depth: bool,
    further: Callable[[SE3], Tensor] | None = None,
    closely: Callable[[SE3], Tensor] | None = None,
) -> Rivalry:
    """Of an object in a crop at the frame's resolution, both on one device."""
    small, diameter = crop.smaller(FIRST_SIZE), model.diameter
    first = Comparison(model.coarse_mesh, small, diameter, evidence.first, with_depth)
    close = Comparison(model.mesh, crop, diameter, evidence.close, with_depth)
    return Rivalry(model, first, close, evidence, further, closely)
