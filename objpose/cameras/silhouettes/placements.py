"""The placements that outlines and matches together allow: searched, mended, weighed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import pair_evidence
from objpose.cameras.silhouettes.belief import mirrored
from objpose.cameras.silhouettes.coherence import Coherence
from objpose.cameras.silhouettes.groups import horizon_of, matched_in
from objpose.cameras.silhouettes.growth import Group, Growth, Placements
from objpose.cameras.silhouettes.mending import mended, told, with_others
from objpose.cameras.silhouettes.options import SilhouettesOptions
from objpose.cameras.silhouettes.silhouette import Silhouette
from objpose.cameras.silhouettes.sphere import Sphere
from objpose.cameras.silhouettes.stages import FINE, MEDIUM, Stage

ALONE = np.eye(4)[None]


class OutlineSearch:
    """Of the photos whose silhouettes are known. shown: their views in the problem."""

    def __init__(
        self,
        problem: CameraProblem,
        shown: Sequence[int],
        silhouettes: Sequence[Silhouette],
        groups: Sequence[Group],
        options: SilhouettesOptions,
    ):
        self.problem, self.shown, self.options = problem, shown, options
        self.groups, self.photos = groups, np.arange(len(silhouettes))
        horizon = horizon_of(groups)
        matched = matched_in(problem, shown, groups, options.orbit)
        self.coherence = Coherence(silhouettes, matched, horizon, options.orbit, options.outline)
        self.growth = Growth(self.coherence, Sphere(self.coherence.orbit, options.orbit), options.search)

    def placements(self, others: Sequence[Sequence[Group]] = ()) -> Placements:
        """All photos, the best first, with the mirror image of the best. others: further groups of all photos
        to try.
        """
        found = [self._found(groups) for groups in (self.groups, *others)]
        best = min(found, key=lambda one: float(one.cost[0]))
        stages = [Stage(3.0, 8, MEDIUM), Stage(1.0, 8, FINE), Stage(0.4, 8, FINE)]
        mirror = self._weighed(self.coherence.fitted(mirrored(best.cams[0])[None], self.photos, stages))
        for one in (*found, mirror):
            best = best if one is best else best.beside(one)
        return best.unlike(0.4 * self.options.search.unlike_deg, len(best.cams))

    def _found(self, groups: Sequence[Group]) -> Placements:
        core, left = self._core(groups)
        found = mended(self.growth, self.growth.grown(core))
        if self._is_open(found):  # from other photos the search goes another way
            together = [group for group in core if len(group.photos) > 1]
            turned = [*together, *(group for group in reversed(core) if len(group.photos) == 1)]
            again = mended(self.growth, self.growth.grown(turned)).ordered(found.photos)
            found = found.beside(again).unlike(0.4 * self.options.search.unlike_deg, len(found.cams))
        if left:
            found = with_others(self.growth, found, left)
        return self._weighed(found.ordered(self.photos).cams)

    def _is_open(self, found: Placements) -> bool:
        """Whether a rival is near, or none was found at all."""
        rivals = found.unlike(self.options.search.unlike_deg, 2).cost
        return len(rivals) < 2 or rivals[1] - rivals[0] < self.options.search.decided

    def _core(self, groups: Sequence[Group]) -> tuple[list[Group], list[int]]:
        """Groups of so many photos as are searched jointly, single ones evenly chosen, and all others."""
        together = [group for group in groups if len(group.photos) > 1]
        alone = [group.photos[0] for group in groups if len(group.photos) == 1]
        room = max(self.options.search.core - sum(len(group.photos) for group in together), 0)
        room = max(room, 3 - 3 * len(together))
        chosen = np.unique(np.linspace(0, len(alone) - 1, min(room, len(alone))).round().astype(np.int64))
        core = [alone[place] for place in chosen]
        return [*together, *(Group((photo,), ALONE) for photo in core)], [
            one for one in alone if one not in core
        ]

    def _weighed(self, cams: np.ndarray) -> Placements:
        """With the nats of matches, too."""
        by_outlines = told(self.growth, cams, self.photos)
        nats = [sum(self._matches(one).values()) for one in cams]
        cost = by_outlines.cost - self.options.belief.matched * np.array(nats)
        ranked = np.argsort(cost, kind="stable")
        return Placements(cams[ranked], self.photos, cost[ranked])

    def _matches(self, cams: np.ndarray) -> dict[tuple[int, int], float]:
        """Nats by which each pair's matches exceed chance."""
        chance = self.problem.options.evidence.least(1)
        placed = dict(zip(self.shown, cams, strict=True))
        return {pair: max(nats - chance, 0.0) for pair, nats in pair_evidence(self.problem, placed).items()}
