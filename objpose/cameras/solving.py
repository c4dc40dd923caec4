"""From views and matches to islands of placed photos, and to a second thing that moves otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from objpose.cameras.answer.island import Island
from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.known.known import standing
from objpose.cameras.options import RecoverOptions
from objpose.cameras.pairs.focal import UnknownFocals, guess_focals
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.pairs.proposals import with_proposals
from objpose.cameras.pairs.searched import Asked, SearchedPairs
from objpose.cameras.pairs.tag_motions import with_tag_motions
from objpose.cameras.placing.contested import contested_cameras, without_contested
from objpose.cameras.placing.focals import refocus
from objpose.cameras.placing.give_way import given_way
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.placing.review import PhotoReview, review
from objpose.cameras.placing.second_motion import find_second_motion
from objpose.cameras.placing.settle import settle
from objpose.cameras.placing.turntable import turntable_cameras
from objpose.cameras.placing.turntable_step import placed_by_step
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.views import View, refocused
from objpose.cameras.tags.ring import placed_by_tags
from objpose.cameras.tags.seen import SeenTags
from objpose.features.local import Matches
from objpose.features.local.places import Pair
from objpose.timing import Clock


@dataclass(frozen=True, eq=False)
class Solved:
    """islands: groups of reviewed photos in their problem, the best supported one first; contested: known
    cameras that the photos contradict; searched: focal lengths, pixels, of views whose own nobody told, under
    which the pairs were searched: near those of the problem.
    """

    problem: CameraProblem
    islands: list[Island]
    contested: dict[int, Contradiction]
    searched: dict[int, float] = field(default_factory=dict)

    @property
    def cams_from_world(self) -> dict[int, np.ndarray]:
        """Of the first island."""
        return self.islands[0].grown.placement.cams_from_world if self.islands else {}

    def has_focals(self, focals: Mapping[int, float], ratio: float) -> bool:
        """Whether those of its views, pixels, are less than such a ratio from these."""
        refined = [self.problem.views[index].focal for index in focals]
        return all(
            abs(np.log(one / other)) < np.log(ratio)
            for one, other in zip(refined, focals.values(), strict=True)
        )

    @property
    def evidence(self) -> float:
        """Nats of all islands."""
        return sum(island.grown.evidence for island in self.islands)


class Kept(NamedTuple):
    """Where a photo stands without some of the others, and what those with it say of it."""

    cam_from_world: np.ndarray
    review: PhotoReview


class Solver:
    """What all problems of one set of photos share.

    unknown: focal lengths; edges: proposed motions; held: known cameras by view; clock: to tell what the
    pairs took; tags: that the views show. No pair is searched twice for one thing.
    """

    asked: tuple[Asked, ...] = ()  # about open pairs of all that the photos show, one after the other
    kept: Mapping[int, Kept] = {}  # photos that stand, whatever the others say

    def __init__(
        self,
        unknown: UnknownFocals,
        edges: list[Edge],
        held: dict[int, np.ndarray],
        options: RecoverOptions,
        clock: Clock,
        tags: SeenTags,
    ):
        self.unknown, self.edges, self.held, self.options, self.clock = unknown, edges, held, options, clock
        self.tags, self._searched = tags, SearchedPairs(options.pairs, options.seed)
        self._guessed: tuple[dict[Pair, Matches], list[dict[int, float]]] | None = None

    def asking(self, asked: Asked) -> Solver:
        """The same with someone more to ask about open pairs."""
        other = copy(self)
        other.asked = (*self.asked, asked)
        return other

    def of_told(self) -> Solver:
        """The same for photos whose focal lengths are told alone."""
        other = copy(self)
        other.unknown = self.unknown.of_told()
        return other

    def keeping(self, photos: Collection[int], solved: Solved, asked: tuple[Asked, ...]) -> Solver:
        """The same with photos of the first island of a solution staying as they are, after so many were
        asked.
        """
        other, first = copy(self), solved.islands[0]
        other.kept = {one: Kept(solved.cams_from_world[one], first.reviews[one]) for one in photos}
        other.asked = asked
        return other

    def solve_matches(
        self, views: list[View], matches: dict[Pair, Matches], asked: tuple[Asked, ...] = ()
    ) -> Solved:
        """Of views whose unknown focal lengths are guessed anew; asked: about open pairs.

        Where pairs hardly tell one guess from another, each is solved that no other led to, and that of most
        evidence is taken. The same matches are not guessed of again: what explained them is gone on with.
        """
        found: list[Solved] = []
        for focals in self._guesses(views, matches):
            if not any(one.has_focals(focals, self.options.focal.apart) for one in found):
                problem = self.posed(refocused(views, focals), matches, asked)
                if not found:
                    self.clock.lap("pairs")
                found.append(self.solve(problem))
        found.sort(key=lambda solved: -solved.evidence)
        least = found[0].evidence - self.options.focal.behind_nats
        self._guessed = matches, [one.searched for one in found if one.evidence > least]
        return self._stepped(self._given_way(_beside(found[0], found[1:])))

    def _guesses(self, views: list[View], matches: dict[Pair, Matches]) -> list[dict[int, float]]:
        """Of unknown focal lengths, the likeliest first."""
        if self._guessed is not None and self._guessed[0] is matches:
            return self._guessed[1]
        options = self.options
        return guess_focals(views, matches, self.unknown, options.seed, options.focal, options.pairs)

    def posed(
        self, views: list[View], matches: dict[Pair, Matches], asked: tuple[Asked, ...] = ()
    ) -> CameraProblem:
        problem = self._searched.posed(views, matches, asked)
        problem = with_proposals(problem, self.edges, self.options.seed)
        kept = {index: one.cam_from_world for index, one in self.kept.items()}
        held, groups = {**self.held, **kept}, self.unknown.groups
        return with_tag_motions(replace(problem, held=held, tags=self.tags, focal_groups=groups))

    def solve(self, problem: CameraProblem) -> Solved:
        """With known cameras that the photos contradict holding nothing."""
        solved = self._solve(problem)
        if self.kept and solved.islands:
            return self._with_kept(solved)
        if not solved.islands or len(problem.held) < 2:
            return solved
        placing, seed = self.options.placing, self.options.seed
        free = find_islands(replace(solved.problem, held={}), placing, seed)
        if not free:
            return solved
        held, sigma_deg = solved.islands[0].grown, self.options.known.camera_sigma_deg
        contested = contested_cameras(solved.problem, held, free[0][0], sigma_deg, placing.contest)
        if not contested:
            return solved
        return replace(self._solve(without_contested(problem, contested)), contested=contested)

    def _with_kept(self, solved: Solved) -> Solved:
        """With photos that are kept as sure as they were, and no more known than the others."""
        first, *others = solved.islands
        reviews = first.reviews | {index: one.review for index, one in self.kept.items()}
        problem = replace(solved.problem, held=self.held)
        kept = replace(first, reviews=reviews, kept=frozenset(self.kept))
        return replace(solved, problem=problem, islands=[kept, *others])

    def second(self, solved: Solved) -> Solved | None:
        """What moves otherwise than the first island, None where nothing does. Of kept photos this was
        asked without the others.
        """
        if self.kept or not solved.islands:
            return None
        placing, seed = self.options.placing, self.options.seed
        problem = replace(solved.problem, held={}, tags=SeenTags())
        found = find_second_motion(problem, solved.islands[0].grown.placement, placing, seed)
        return None if found is None else Solved(found[0], [self._reviewed(found[0], found[1])], {})

    def _given_way(self, solved: Solved) -> Solved:
        """With the known cameras of the first island adjusted within their sigmas."""
        known, problem = self.options.known, solved.problem
        held = standing(solved.cams_from_world, problem.held)
        if not held:
            return solved
        place = known.place_sigma(problem.held)
        if known.camera_sigma_deg == 0.0 or place == 0.0:
            return solved
        first, *others = solved.islands
        sigmas = known.camera_sigma_deg, place
        grown, stated = given_way(problem, first.grown, held, *sigmas, self.options.placing.settle)
        return replace(solved, islands=[replace(first, grown=grown, known=stated), *others])

    def _stepped(self, solved: Solved) -> Solved:
        """With the photos that the step of a turntable places in the first island."""
        step, problem = self.options.known.turntable_step, solved.problem
        if step is None or not solved.islands:
            return solved
        first, *others = solved.islands
        order = sorted(range(len(problem.views)), key=lambda index: problem.views[index].name)
        degrees = None if isinstance(step, str) else float(step)
        stepped = placed_by_step(problem, first.grown, order, degrees, self.options.placing)
        reviews = {one: PhotoReview(stepped.grown.support(one), None) for one in stepped.hanging}
        whole = replace(first, grown=stepped.grown, reviews=first.reviews | reviews, stepped=stepped)
        rest = [one for one in others if not one.reviews.keys() & stepped.hanging.keys()]
        return replace(solved, islands=[whole, *rest])

    def _reviewed(self, problem: CameraProblem, grown: Grown, rivals: tuple[Grown, ...] = ()) -> Island:
        return Island(*review(problem, grown, self.options.placing, self.options.seed), list(rivals))

    def _found(self, problem: CameraProblem) -> list[list[Grown]]:
        options = self.options
        rings = placed_by_tags(problem.tag_evidence)
        if options.known.is_turned:
            rings += turntable_cameras(problem, range(len(problem.views)), options.placing.turntable)
        return find_islands(problem, options.placing, options.seed, rings)

    def _solve(self, problem: CameraProblem) -> Solved:
        """Islands of reviewed photos; with unknown focal lengths refined."""
        options, groups = self.options, self.unknown.groups
        found, searched = self._found(problem), problem
        if groups and found:
            before = [view.focal for view in problem.views]
            problem, found[0][0] = refocus(problem, found[0][0].placement, options.placing)
            changes = [view.focal / old - 1.0 for view, old in zip(problem.views, before, strict=True)]
            if max(map(abs, changes)) > options.focal.change:
                problem = replace(self.posed(problem.views, problem.matches), held=problem.held)
                found, searched = self._found(problem), problem
                if found:
                    problem, found[0][0] = refocus(problem, found[0][0].placement, options.placing)
        islands = []
        for grown, *rivals in found:
            cams = grown.placement.cams_from_world
            settled = settle(problem, cams, options.placing.settle, is_rough=bool(groups))
            islands.append(self._reviewed(problem, weigh_placement(problem, settled), tuple(rivals)))
        return Solved(problem, islands, {}, {index: searched.views[index].focal for index in groups})


def _beside(solved: Solved, others: Sequence[Solved]) -> Solved:
    """A solution with those under other focal lengths beside its first island."""
    if not solved.islands:
        return solved
    first, *rest = solved.islands
    refocused = tuple(one.islands[0].grown for one in others if one.islands)
    return replace(solved, islands=[replace(first, refocused=refocused), *rest])
