"""Growing a placement photo by photo, from several starts, each photo where all placed ones want it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from objpose.cameras.problem import Problem, relative_pose
from objpose.cameras.relative import inverse
from objpose.cameras.resection import Resection
from objpose.cameras.settle import Placement, settle
from objpose.cameras.tracks import Pair
from objpose.cameras.two_view import PairHypothesis, judge, same_motion

# The best of many chance geometries reaches some 30 nats with one other photo, and a few more with each
# further one.
CHANCE_NATS, CHANCE_NATS_PER_PHOTO = 30.0, 4.0
STARTS = 4


@dataclass(frozen=True, eq=False)
class Grown:
    """A placement with its evidence, in nats: in all, and pair by pair."""

    placement: Placement
    evidence: float
    pair_evidence: dict[Pair, float]


def least_evidence(placed: int) -> float:
    """Nats that a place among so many placed photos must exceed to be told from chance."""
    return CHANCE_NATS + CHANCE_NATS_PER_PHOTO * placed


def grow_from_starts(problem: Problem, photos: Collection[int], seed: int = 0) -> list[Grown]:
    """Placements of some of these photos, from the strongest pair hypotheses that no earlier placement holds.

    The placement of most evidence comes first; none where no pair beats chance.
    """
    grown: list[Grown] = []
    starts = sorted(
        (
            (pair, one)
            for pair, found in problem.hypotheses.items()
            for one in found
            if set(pair) <= set(photos)
        ),
        key=lambda start: -start[1].evidence,
    )
    tried = 0
    for pair, hypothesis in starts:
        if tried == STARTS or hypothesis.evidence < least_evidence(1):
            break
        if any(_holds(one.placement, pair, hypothesis) for one in grown):
            continue
        tried += 1
        known = [one.placement for one in grown]
        placement = grow(problem, start_of(problem, pair, hypothesis), photos, seed, known)
        if placement is not None:
            grown.append(weigh(problem, placement))
    return sorted(grown, key=lambda one: -one.evidence)


def start_of(problem: Problem, pair: Pair, hypothesis: PairHypothesis) -> Placement:
    """The placement of two photos, the first at the origin."""
    return settle(problem, {pair[0]: np.eye(4), pair[1]: hypothesis.b_from_a})


def grow(
    problem: Problem,
    placement: Placement,
    photos: Collection[int],
    seed: int = 0,
    known: Sequence[Placement] = (),
) -> Placement | None:
    """Add the one of these photos with the best place until none beats chance.

    None as soon as three or more photos stand as in one of the known placements: it would only be found
    again.
    """
    waiting = [photo for photo in photos if photo not in placement.cams_from_world]
    asked = list(placement.cams_from_world)
    hints: dict[int, tuple[int, np.ndarray]] = {}
    while waiting:
        offers = {}
        for photo in waiting:
            earlier = [_from_hint(placement, hints[photo])] if photo in hints else []
            found = Resection(problem, placement, photo).candidates(seed, asked, earlier)
            if found:
                offers[photo] = found[0]
                anchor = next(iter(placement.cams_from_world))
                hints[photo] = anchor, found[0].cam_from_world @ inverse(placement.cams_from_world[anchor])
        chosen = max(offers, key=lambda photo: offers[photo].evidence, default=None)
        if chosen is None or offers[chosen].evidence < least_evidence(len(placement.cams_from_world)):
            break
        cams = {**placement.cams_from_world, chosen: offers[chosen].cam_from_world}
        placement = settle(problem, cams)
        if any(_stands_in(placement, other) for other in known):
            return None
        waiting.remove(chosen)
        asked = [chosen]
    return placement


def weigh(problem: Problem, placement: Placement) -> Grown:
    """The placement with the evidence of every pair in it."""
    nats = {}
    cams = placement.cams_from_world
    for (a, b), matches in problem.matches.items():
        if a in cams and b in cams:
            b_from_a = relative_pose(cams, a, b)
            nats[a, b] = judge(problem.views[a], problem.views[b], matches, b_from_a).evidence
    return Grown(placement, sum(nats.values()), nats)


def _holds(placement: Placement, pair: Pair, hypothesis: PairHypothesis) -> bool:
    cams = placement.cams_from_world
    if pair[0] not in cams or pair[1] not in cams:
        return False
    return same_motion(relative_pose(cams, *pair), hypothesis.b_from_a)


def _stands_in(placement: Placement, other: Placement) -> bool:
    """Whether all pairs of a placement stand to each other as they do in another one."""
    cams, others = placement.cams_from_world, other.cams_from_world
    if not cams.keys() <= others.keys():
        return False
    return all(
        same_motion(relative_pose(cams, a, b), relative_pose(others, a, b)) for a, b in combinations(cams, 2)
    )


def _from_hint(placement: Placement, hint: tuple[int, np.ndarray]) -> np.ndarray:
    anchor, cam_from_anchor = hint
    return cam_from_anchor @ placement.cams_from_world[anchor]
