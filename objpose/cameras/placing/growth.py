"""Growing a placement photo by photo, each where all placed ones want it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from objpose.cameras.pairs.problem import Problem, relative_pose
from objpose.cameras.pairs.two_view import judge, same_motion, same_rotation
from objpose.cameras.placing.resection import Candidate, Resection
from objpose.cameras.placing.settle import STRICT, Placement, settle
from objpose.cameras.scene.relative import inverse
from objpose.cameras.scene.tracks import Pair

# The best of the many geometries tried on photos of different scenes reaches some 25 nats with one other
# photo, and a little more with each further one.
CHANCE_NATS, CHANCE_NATS_PER_PHOTO = 28.0, 1.5
GROWTH_TRACKS = 1000  # adjusted while growing; all are in the end
# How much more than the pair's own evidence a newly placed photo may add for a waiting one, by its points.
OPTIMISM = 1.5
# Photos closer together than this share of the extent stand in one place and have no direction.
ONE_PLACE = 0.02


@dataclass(frozen=True, eq=False)
class Grown:
    """A placement with its evidence, in nats: in all, and pair by pair."""

    placement: Placement
    evidence: float
    pair_evidence: dict[Pair, float]


def least_evidence(placed: int) -> float:
    """Nats that a place among so many placed photos must exceed to be told from chance."""
    return CHANCE_NATS + CHANCE_NATS_PER_PHOTO * placed


def grow(
    problem: Problem,
    placement: Placement,
    photos: Collection[int],
    seed: int = 0,
    known: Sequence[Placement] = (),
    advice: dict[int, np.ndarray] | None = None,
) -> Placement | None:
    """Add the one of these photos with the best place until none beats chance.

    advice: a place, cam_from_world, to try for some of the photos; those are added as long as anything speaks
    for them, as what is weak alone may be strong in the end. None as soon as three or more photos stand as in
    one of the known placements: it would only be found again.
    """
    offers = _Offers(problem, [photo for photo in photos if photo not in placement.cams_from_world], seed)
    offers.ask(placement.cams_from_world)
    advice = advice or {}
    offers.advise(placement, advice)
    while offers.waiting:
        chosen = offers.best(placement)
        if chosen is None:
            break
        least = 0.0 if chosen[0] in advice else least_evidence(len(placement.cams_from_world))
        if chosen[1].evidence <= least:
            break
        photo, candidate = chosen
        cams = {**placement.cams_from_world, photo: candidate.cam_from_world}
        placement = settle(problem, cams, most_tracks=GROWTH_TRACKS, leniency=STRICT)
        if any(stands_in(placement, other) for other in known):
            return None
        offers.take(photo)
    return placement


class _Offers:
    """The best known place of every waiting photo, brought up to date no more than the choice of the best
    needs.
    """

    def __init__(self, problem: Problem, waiting: list[int], seed: int):
        self.problem, self.waiting, self.seed = problem, waiting, seed
        self._unasked: dict[int, set[int]] = {photo: set() for photo in waiting}
        self._bound = {photo: 0.0 for photo in waiting}
        self._hints: dict[int, tuple[int, np.ndarray]] = {}

    def ask(self, placed: Iterable[int]) -> None:
        """Note photos that were placed since; each can add to a waiting photo what their pair has for
        itself.
        """
        for member in placed:
            for photo in self.waiting:
                found = self.problem.hypotheses_of(member, photo)
                self._unasked[photo].add(member)
                self._bound[photo] += OPTIMISM * (found[0].evidence if found else 0.0) + CHANCE_NATS_PER_PHOTO

    def advise(self, placement: Placement, cams_from_world: dict[int, np.ndarray]) -> None:
        """Try these places too."""
        anchor, cam = next(iter(placement.cams_from_world.items()))
        for photo, cam_from_world in cams_from_world.items():
            self._hints[photo] = anchor, cam_from_world @ inverse(cam)
            self._bound[photo] += CHANCE_NATS

    def take(self, photo: int) -> None:
        """The photo has been placed."""
        self.waiting.remove(photo)
        self.ask([photo])

    def best(self, placement: Placement) -> tuple[int, Candidate] | None:
        """The waiting photo with the best place."""
        best: tuple[int, Candidate] | None = None
        for photo in sorted(self.waiting, key=lambda one: -self._bound[one]):
            if best is not None and best[1].evidence >= self._bound[photo]:
                break
            hints = [_from_hint(placement, self._hints[photo])] if photo in self._hints else []
            found = Resection(self.problem, placement, photo).candidates(
                self.seed, self._unasked[photo], hints
            )
            self._unasked[photo].clear()
            self._bound[photo] = found[0].evidence if found else 0.0
            if found:
                anchor = next(iter(placement.cams_from_world))
                cam_from_anchor = found[0].cam_from_world @ inverse(placement.cams_from_world[anchor])
                self._hints[photo] = anchor, cam_from_anchor
                best = max(best or (photo, found[0]), (photo, found[0]), key=lambda one: one[1].evidence)
        return best


def weigh(problem: Problem, placement: Placement) -> Grown:
    """The placement with the evidence of every pair in it."""
    nats = pair_evidence(problem, placement.cams_from_world)
    return Grown(placement, sum(nats.values()), nats)


def pair_evidence(problem: Problem, cams_from_world: dict[int, np.ndarray]) -> dict[Pair, float]:
    """Nats of every pair of these cameras that has matches."""
    nats = {}
    for (a, b), matches in problem.matches.items():
        if a in cams_from_world and b in cams_from_world:
            b_from_a = relative_pose(cams_from_world, a, b)
            nats[a, b] = judge(problem.views[a], problem.views[b], matches, b_from_a).evidence
    return nats


def stands_in(placement: Placement, other: Placement) -> bool:
    """Whether all pairs of a placement stand to each other as they do in another one."""
    cams, others = placement.cams_from_world, other.cams_from_world
    if not cams.keys() <= others.keys():
        return False
    pairs = [(relative_pose(cams, a, b), relative_pose(others, a, b)) for a, b in combinations(cams, 2)]
    least = ONE_PLACE * placement.extent
    return all(
        same_rotation(ours, theirs) if np.linalg.norm(ours[:3, 3]) < least else same_motion(ours, theirs)
        for ours, theirs in pairs
    )


def _from_hint(placement: Placement, hint: tuple[int, np.ndarray]) -> np.ndarray:
    anchor, cam_from_anchor = hint
    return cam_from_anchor @ placement.cams_from_world[anchor]
