"""Where placements start from: strong hypotheses of pairs, and the joint choice of one for every pair."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from objpose.cameras.pairs.hypothesis import PairHypothesis, same_motion
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import grow, pair_evidence, stands_in, weigh_placement
from objpose.cameras.placing.joint_choice import joint_cameras
from objpose.cameras.placing.links import weakest_link
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown, Placement
from objpose.cameras.scene.relative import relative_pose
from objpose.features.local.places import Pair


def grow_from_starts(
    problem: CameraProblem, photos: Collection[int], options: PlacingOptions, seed: int = 0
) -> list[Grown]:
    """Placements of some of these photos, the one of most evidence first; none where nothing beats chance.

    They grow from the strongest pair hypotheses that no earlier placement holds, and, unless those place all
    photos beyond doubt, from the joint choice of one hypothesis a pair.
    """
    grown = grow_from_pairs(problem, photos, options, seed)
    if any(_is_certain(one, photos, options.starts.certain_nats) for one in grown):
        return grown
    joint = _grow_from_joint_choice(problem, photos, [one.placement for one in grown], options, seed)
    return sorted([*grown, *joint], key=lambda one: -one.evidence)


def grow_from_pairs(
    problem: CameraProblem, photos: Collection[int], options: PlacingOptions, seed: int = 0
) -> list[Grown]:
    """The placements that the strongest hypotheses of single pairs lead to, in the order they were found."""
    grown: list[Grown] = []
    starts = sorted(
        ((pair, one) for pair, found in problem.among(photos).hypotheses.items() for one in found),
        key=lambda start: -start[1].evidence,
    )
    tried = 0
    for pair, hypothesis in starts:
        if tried == options.starts.most or hypothesis.evidence < problem.options.evidence.least(1):
            break
        if any(_answers(problem, one, pair, hypothesis, options) for one in grown):
            continue
        tried += 1
        known = [one.placement for one in grown]
        placement = grow(problem, start_of(problem, pair, hypothesis, options), photos, options, seed, known)
        if placement is not None:
            grown.append(weigh_placement(problem, placement))
    return grown


def start_of(
    problem: CameraProblem, pair: Pair, hypothesis: PairHypothesis, options: PlacingOptions
) -> Placement:
    """The placement of two photos, the first at the origin."""
    cams = {pair[0]: np.eye(4), pair[1]: hypothesis.b_from_a}
    return settle(problem, cams, options.settle, is_rough=False, is_quick=True)


def _grow_from_joint_choice(
    problem: CameraProblem,
    photos: Collection[int],
    known: list[Placement],
    options: PlacingOptions,
    seed: int,
) -> list[Grown]:
    """What the likeliest joint choices of hypotheses lead to; many weak pairs can make one sure placement."""
    grown = []
    for cams in joint_cameras(problem.among(photos), options.joint)[: options.joint.most]:
        placement = _follow(problem, cams, known, options, seed)
        placement = None if placement is None else _supported(problem, placement, options)
        if placement is None or any(stands_in(problem, placement, other, options.growth) for other in known):
            continue
        whole = grow(problem, placement, photos, options, seed, known)
        if whole is not None:
            grown.append(weigh_placement(problem, whole))
            known = [*known, whole]
    return grown


def _follow(
    problem: CameraProblem,
    cams: dict[int, np.ndarray],
    known: list[Placement],
    options: PlacingOptions,
    seed: int,
) -> Placement | None:
    """Photo by photo as rough cameras advise, from the pair hypothesis of most evidence that agrees with
    them.
    """
    agreeing = [
        (one.evidence, pair, one)
        for pair, found in problem.among(cams).hypotheses.items()
        for one in found
        if same_motion(one.b_from_a, relative_pose(cams, *pair), problem.options)
    ]
    if not agreeing:
        return None
    _, (a, b), hypothesis = max(agreeing, key=lambda one: one[0])
    advice = {}
    for photo in cams.keys() - {a, b}:
        cam_from_a = relative_pose(cams, a, photo)
        cam_from_a[:3, 3] /= np.linalg.norm(relative_pose(cams, a, b)[:3, 3])
        advice[photo] = cam_from_a
    start = start_of(problem, (a, b), hypothesis, options)
    return grow(problem, start, sorted(cams), options, seed, known, advice)


def _is_certain(grown: Grown, photos: Collection[int], least: float) -> bool:
    """Whether a placement holds all photos by links that no search need question."""
    placed = sorted(grown.placement.cams_from_world)
    links = [weakest_link(grown.pair_evidence, (placed[0], photo)) for photo in placed[1:]]
    return placed == sorted(photos) and min(links) > least


def _supported(problem: CameraProblem, placement: Placement, options: PlacingOptions) -> Placement | None:
    """Less the photos that the others support no better than chance, the weakest first; None if none stay."""
    nats = pair_evidence(problem, placement.cams_from_world)
    cams = dict(placement.cams_from_world)
    while len(cams) > 1:
        support = {
            photo: sum(value for pair, value in nats.items() if photo in pair and cams.keys() >= set(pair))
            for photo in cams
        }
        weakest = min(support, key=support.__getitem__)
        if support[weakest] >= problem.options.evidence.least(len(cams) - 1):
            if len(cams) == len(placement.cams_from_world):
                return placement
            return settle(problem, cams, options.settle, is_rough=False, is_quick=True)
        del cams[weakest]
    return None


def _answers(
    problem: CameraProblem, grown: Grown, pair: Pair, hypothesis: PairHypothesis, options: PlacingOptions
) -> bool:
    """Whether a placement holds the hypothesis, or refutes it: joins the two by far stronger links."""
    weakest = weakest_link(grown.pair_evidence, pair)
    if hypothesis.evidence < options.starts.rival_share * weakest:
        return True
    cams = grown.placement.cams_from_world
    stands = pair[0] in cams and pair[1] in cams
    return stands and same_motion(relative_pose(cams, *pair), hypothesis.b_from_a, problem.options)
