"""A turntable that was turned on by one angle between all photos: where those stand that nothing else places.

Photos that stand for sure show the axis, and how far it was turned between two of them. Where that is what
the step says, those in between stand where the step puts them; where it is not, a photo was skipped, which is
said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.settle import with_points
from objpose.cameras.placing.turntable_ring import Turn, best_ring
from objpose.cameras.scene.adjustment import adjust
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.stated import StatedCameras
from objpose.features.local.places import Pair


@dataclass(frozen=True, eq=False)
class Stepped:
    """grown: with the photos that the step places; hanging: those, each with the sure photo it counts from;
    beyond: those that no sure photo on the other side confirms; stated: where the step has them;
    confirmed: sure photos that stand to another one as the step says, each with that one; contradictions: of
    the step.
    """

    grown: Grown
    hanging: dict[int, int] = field(default_factory=dict)
    beyond: frozenset[int] = frozenset()
    stated: StatedCameras = field(default_factory=StatedCameras)
    confirmed: dict[int, int] = field(default_factory=dict)
    contradictions: tuple[Contradiction, ...] = ()


def placed_by_step(
    problem: CameraProblem, grown: Grown, order: Sequence[int], step: float | None, options: PlacingOptions
) -> Stepped:
    """The placement with all photos that the step of a turntable places.

    order: of the photos as they were taken; step: degrees, None where it is to be found. Nothing changes
    where no two pairs of sure photos show such a step.
    """
    cams, among = grown.placement.cams_from_world, options.step
    sure = [
        place
        for place, photo in enumerate(order)
        if photo in cams and grown.support(photo) > options.resection.sure_nats
    ]
    turns = [Turn(a, b, relative_pose(cams, order[a], order[b])) for a, b in pairwise(sure)]
    ring = best_ring(turns, step, among)
    if ring is None:
        return Stepped(grown)
    names = [problem.views[photo].name for photo in order]
    against = tuple(
        ring.contradiction(turn, names, among)
        for turn in turns
        if ring.off(turn) > among.least_deg(turn.steps)
    )
    if len(sure) > 1 and ring.is_closed(len(order), among):
        around = relative_pose(cams, order[sure[-1]], order[sure[0]])
        turns.append(Turn(sure[-1], sure[0] + len(order), around))
    agreeing = [turn for turn in turns if ring.off(turn) <= among.least_deg(turn.steps)]
    confirmed = _confirmed([(order[one.first], order[one.second % len(order)]) for one in agreeing], grown)
    counted = _counted(len(order), sure, agreeing)
    if not counted:
        return Stepped(grown, confirmed=confirmed, contradictions=against)
    moved = {
        order[one.place]: ring.turned(one.place - one.start) @ cams[order[one.start % len(order)]]
        for one in counted
    }
    stated = StatedCameras(moved, among.sigma_deg, float(np.radians(among.sigma_deg)) * ring.chord)
    placement = with_points(problem, {**cams, **moved}, options.settle)
    if not problem.held:  # those are of a frame that shall not move
        placement = adjust(problem.views, placement, None, stated)[0]
    return Stepped(
        weigh_placement(problem, placement),
        {order[one.place]: order[one.start % len(order)] for one in counted},
        frozenset(order[one.place] for one in counted if not one.is_between),
        stated,
        confirmed,
        against,
    )


def _confirmed(pairs: Sequence[Pair], grown: Grown) -> dict[int, int]:
    """Photos of these pairs with the one each is counted from, less the best supported of each group."""
    parents: dict[int, int] = {}
    left = {photo for pair in pairs for photo in pair}
    while left:
        waiting = [max(left, key=grown.support)]
        while waiting:
            now = waiting.pop()
            left.discard(now)
            beside = {other for pair in pairs if now in pair for other in pair} & left
            parents |= dict.fromkeys(beside, now)
            waiting += sorted(beside)
            left -= beside
    return parents


class _Counted(NamedTuple):
    """A photo that the step places, from which sure one; whether a sure one beyond it confirms that."""

    place: int
    start: int
    is_between: bool


def _counted(count: int, sure: Sequence[int], agreeing: Sequence[Turn]) -> list[_Counted]:
    found = []
    for place in sorted(set(range(count)) - set(sure)):
        around = [turn for turn in agreeing for at in (place, place + count) if turn.first < at < turn.second]
        before, after = ([one for one in sure if (one - place) * way > 0] for way in (-1, 1))
        if around:
            [turn] = around[:1]
            at = place if turn.first < place else place + count
            start = turn.first if at - turn.first <= turn.second - at else turn.second
            found.append(_Counted(at, start, True))
        elif not before or not after:
            start = before[-1] if before else after[0]
            found.append(_Counted(place, start, False))
    return [
        one._replace(place=one.place % count, start=one.start - one.place + one.place % count)
        for one in found
    ]
