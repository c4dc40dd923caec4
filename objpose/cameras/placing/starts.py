"""Where placements start from: strong hypotheses of pairs, and the joint choice of one for every pair."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from objpose.cameras.pairs.problem import Problem, relative_pose
from objpose.cameras.pairs.two_view import PairHypothesis, same_motion
from objpose.cameras.placing.growth import (
    GROWTH_TRACKS,
    Grown,
    grow,
    least_evidence,
    pair_evidence,
    stands_in,
    weigh,
)
from objpose.cameras.placing.joint_choice import synchronised_cameras
from objpose.cameras.placing.links import weakest_link
from objpose.cameras.placing.settle import STRICT, Placement, settle
from objpose.cameras.scene.tracks import Pair

STARTS = 4
# Of the evidence of the links by which a placement joins two photos: what a rival hypothesis of theirs must
# have to be grown.
RIVAL_SHARE = 0.5
CERTAIN_NATS = 100.0
JOINT_STARTS = 2  # likeliest joint choices that are grown


def grow_from_starts(problem: Problem, photos: Collection[int], seed: int = 0) -> list[Grown]:
    """Placements of some of these photos, the one of most evidence first; none where nothing beats chance.

    They grow from the strongest pair hypotheses that no earlier placement holds, and, unless those place all
    photos beyond doubt, from the joint choice of one hypothesis a pair.
    """
    grown = grow_from_pairs(problem, photos, seed)
    if any(_is_certain(one, photos) for one in grown):
        return grown
    joint = _grow_from_joint_choice(problem, photos, seed, [one.placement for one in grown])
    return sorted([*grown, *joint], key=lambda one: -one.evidence)


def grow_from_pairs(problem: Problem, photos: Collection[int], seed: int = 0) -> list[Grown]:
    """The placements that the strongest hypotheses of single pairs lead to, in the order they were found."""
    grown: list[Grown] = []
    starts = sorted(
        ((pair, one) for pair, found in problem.among(photos).hypotheses.items() for one in found),
        key=lambda start: -start[1].evidence,
    )
    tried = 0
    for pair, hypothesis in starts:
        if tried == STARTS or hypothesis.evidence < least_evidence(1):
            break
        if any(_holds(one.placement, pair, hypothesis) or _refutes(one, pair, hypothesis) for one in grown):
            continue
        tried += 1
        known = [one.placement for one in grown]
        placement = grow(problem, start_of(problem, pair, hypothesis), photos, seed, known)
        if placement is not None:
            grown.append(weigh(problem, placement))
    return grown


def start_of(problem: Problem, pair: Pair, hypothesis: PairHypothesis) -> Placement:
    """The placement of two photos, the first at the origin."""
    return settle(
        problem,
        {pair[0]: np.eye(4), pair[1]: hypothesis.b_from_a},
        most_tracks=GROWTH_TRACKS,
        leniency=STRICT,
    )


def _grow_from_joint_choice(
    problem: Problem, photos: Collection[int], seed: int, known: list[Placement]
) -> list[Grown]:
    """What the likeliest joint choices of hypotheses lead to; many weak pairs can make one sure placement."""
    grown = []
    for cams in synchronised_cameras(problem.among(photos))[:JOINT_STARTS]:
        placement = _follow(problem, cams, seed, known)
        placement = None if placement is None else _supported(problem, placement)
        if placement is None or any(stands_in(placement, other) for other in known):
            continue
        whole = grow(problem, placement, photos, seed, known)
        if whole is not None:
            grown.append(weigh(problem, whole))
            known = [*known, whole]
    return grown


def _follow(
    problem: Problem, cams: dict[int, np.ndarray], seed: int, known: list[Placement]
) -> Placement | None:
    """Photo by photo as rough cameras advise, from the pair hypothesis of most evidence that agrees with
    them.
    """
    agreeing = [
        (one.evidence, pair, one)
        for pair, found in problem.among(cams).hypotheses.items()
        for one in found
        if same_motion(one.b_from_a, relative_pose(cams, *pair))
    ]
    if not agreeing:
        return None
    _, (a, b), hypothesis = max(agreeing, key=lambda one: one[0])
    advice = {}
    for photo in cams.keys() - {a, b}:
        cam_from_a = relative_pose(cams, a, photo)
        cam_from_a[:3, 3] /= np.linalg.norm(relative_pose(cams, a, b)[:3, 3])
        advice[photo] = cam_from_a
    return grow(problem, start_of(problem, (a, b), hypothesis), sorted(cams), seed, known, advice)


def _is_certain(grown: Grown, photos: Collection[int]) -> bool:
    """Whether a placement holds all photos by links that no search need question."""
    placed = sorted(grown.placement.cams_from_world)
    links = [weakest_link(grown.pair_evidence, (placed[0], photo)) for photo in placed[1:]]
    return placed == sorted(photos) and min(links) > CERTAIN_NATS


def _supported(problem: Problem, placement: Placement) -> Placement | None:
    """Less the photos that the others support no better than chance, the weakest first; None if none stay."""
    nats = pair_evidence(problem, placement.cams_from_world)
    cams = dict(placement.cams_from_world)
    while len(cams) > 1:
        support = {
            photo: sum(value for pair, value in nats.items() if photo in pair and cams.keys() >= set(pair))
            for photo in cams
        }
        weakest = min(support, key=support.__getitem__)
        if support[weakest] >= least_evidence(len(cams) - 1):
            if len(cams) == len(placement.cams_from_world):
                return placement
            return settle(problem, cams, most_tracks=GROWTH_TRACKS, leniency=STRICT)
        del cams[weakest]
    return None


def _refutes(grown: Grown, pair: Pair, hypothesis: PairHypothesis) -> bool:
    """Whether some chain of the placement's pairs joins the two photos by far stronger links."""
    return hypothesis.evidence < RIVAL_SHARE * weakest_link(grown.pair_evidence, pair)


def _holds(placement: Placement, pair: Pair, hypothesis: PairHypothesis) -> bool:
    cams = placement.cams_from_world
    if pair[0] not in cams or pair[1] not in cams:
        return False
    return same_motion(relative_pose(cams, *pair), hypothesis.b_from_a)
