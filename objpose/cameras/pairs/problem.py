"""Everything that is known of a set of photos before their cameras are: views, matches, pair hypotheses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.memo import PairMemo
from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.sure_groups import sure_groups
from objpose.cameras.pairs.two_view import find_hypotheses, first_look
from objpose.cameras.scene.relative import epipolar_misfit
from objpose.cameras.scene.views import View, refocused
from objpose.cameras.tags.evidence import TagEvidence
from objpose.cameras.tags.seen import SeenTags
from objpose.features.local import Matches
from objpose.features.local.places import Pair
from objpose.work import share


@dataclass(frozen=True, eq=False)
class CameraProblem:
    """views; matches and hypotheses of each pair (a, b) with a < b, pairs without any left out; options: by
    which those were found, and all that is made of them is weighed; held: cam_from_world (4, 4) of the views
    whose cameras are known; focal_groups: views of unknown focal length, by the group that shares it.
    """

    views: list[View]
    matches: dict[Pair, Matches]
    hypotheses: dict[Pair, list[PairHypothesis]]
    options: PairOptions = PairOptions()
    held: dict[int, np.ndarray] = field(default_factory=dict)
    tags: SeenTags = field(default_factory=SeenTags)
    focal_groups: dict[int, int] = field(default_factory=dict)

    @cached_property
    def tag_evidence(self) -> TagEvidence:
        """What the tags say of a pair's motion."""
        return TagEvidence(self.views, self.tags, self.options.tags)

    def matches_of(self, a: int, b: int) -> Matches | None:
        """Matches from a to b, in either order of the two."""
        found = self.matches.get((min(a, b), max(a, b)))
        return found if found is None or a < b else found.swapped()

    def hypotheses_of(self, a: int, b: int) -> list[PairHypothesis]:
        """Hypotheses of b_from_a, in either order of the two."""
        found = self.hypotheses.get((min(a, b), max(a, b)), [])
        return found if a < b else [one.swapped() for one in found]

    def among(self, photos: Collection[int]) -> CameraProblem:
        """The problem with the hypotheses of these photos alone."""
        inside = set(photos)
        return replace(
            self, hypotheses={pair: h for pair, h in self.hypotheses.items() if inside >= set(pair)}
        )

    def refocused(self, focals: dict[int, float]) -> CameraProblem:
        """The same with other focal lengths, pixels, of some views."""
        return replace(self, views=refocused(self.views, focals))

    def tolerance(self, a: int, b: int) -> float:
        """How far a right match may be from its epipolar line, at depth one."""
        return float(np.sqrt(self.views[a].tolerance * self.views[b].tolerance))

    def agreeing(self, a: int, b: int, b_from_a: np.ndarray, leniency: float = 1.0) -> Matches | None:
        """The matches of a pair within so many tolerances of a relative pose, None without matches."""
        matches = self.matches_of(a, b)
        return None if matches is None else matches.select(self.misfit(a, b, matches, b_from_a) < leniency)

    def misfit(self, a: int, b: int, matches: Matches, b_from_a: np.ndarray) -> np.ndarray:
        """(M,) distance of these matches from the epipolar geometry in tolerances; inf behind a camera."""
        rays_a = self.views[a].rays[matches.indices[:, 0]]
        rays_b = self.views[b].rays[matches.indices[:, 1]]
        return epipolar_misfit(b_from_a, rays_a, rays_b, self.tolerance(a, b))


def pose_problem(
    views: list[View],
    matches: dict[Pair, Matches],
    options: PairOptions,
    seed: int = 0,
    memo: PairMemo | None = None,
) -> CameraProblem:
    """With the hypotheses of every pair; memo: of pairs that were searched before.

    Where chains of sure pairs join the two photos, and a first look finds nothing, no more is looked for:
    what a long search may still find there is far weaker than what it would have to contradict.
    """
    known = memo or PairMemo()

    def look(pair: Pair) -> list[PairHypothesis]:
        search = partial(first_look, _pair_of(views, pair), matches[pair], options, seed)
        return known.once("first look", views, pair, matches[pair], search)

    looked = dict(zip(matches, share(look, matches), strict=True))
    group = sure_groups(len(views), looked, options.sure_nats)

    def searched(pair: Pair) -> list[PairHypothesis]:
        if group[pair[0]] == group[pair[1]] and not looked[pair]:
            return []
        search = partial(find_hypotheses, *_pair_of(views, pair), matches[pair], options, seed)
        return known.once("hypotheses", views, pair, matches[pair], search)

    found = dict(zip(matches, share(searched, matches), strict=True))
    return CameraProblem(views, matches, {pair: some for pair, some in found.items() if some}, options)


def _pair_of(views: list[View], pair: Pair) -> tuple[View, View]:
    return views[pair[0]], views[pair[1]]
