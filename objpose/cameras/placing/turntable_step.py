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
from objpose.cameras.placing.options import PlacingOptions, StepOptions
from objpose.cameras.placing.settle import with_points
from objpose.cameras.placing.turntable import Axis, axis_of_motion
from objpose.cameras.scene.adjustment import adjust
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.stated import StatedCameras
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import rotation_degrees


class Turn(NamedTuple):
    """From one sure photo to the next, by their places in the order; motion: (4, 4)."""

    first: int
    second: int
    motion: np.ndarray

    @property
    def steps(self) -> int:
        return self.second - self.first


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
    ring = _best_ring(turns, step, among)
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


@dataclass(frozen=True, eq=False)
class _Ring:
    """Of a turntable before a standing camera: its axis there, world units, and the degrees of a step."""

    axis: Axis
    degrees: float

    @property
    def radius(self) -> float:
        return float(np.linalg.norm(self.axis.point))

    @property
    def chord(self) -> float:
        """World units from one photo to the next. A step that is off by a degree turns it by half of one."""
        return 2.0 * self.radius * abs(float(np.sin(np.radians(self.degrees / 2.0))))

    def turned(self, steps: int) -> np.ndarray:
        """(4, 4) of the motion over so many steps."""
        return self.axis.turned(self.degrees * steps)

    def off(self, turn: Turn) -> float:
        """Degrees that two photos are off it: in their turn, or in place as seen from the axis."""
        stated = self.turned(turn.steps)
        shift = np.linalg.norm(turn.motion[:3, 3] - stated[:3, 3]) / self.radius
        return max(rotation_degrees(turn.motion[:3, :3] @ stated[:3, :3].T), float(np.degrees(shift)))

    def is_closed(self, photos: int, options: StepOptions) -> bool:
        """Whether the last photo is one step before the first again."""
        return abs(abs(self.degrees) * photos - 360.0) < options.least_deg(photos)

    def contradiction(self, turn: Turn, names: Sequence[str], options: StepOptions) -> Contradiction:
        found = rotation_degrees(turn.motion[:3, :3])
        between = f"turntable's step from {names[turn.first]} to {names[turn.second]}"
        stated = abs(self.degrees) * turn.steps % 360.0
        sigmas = options.sigmas * self.off(turn) / options.least_deg(turn.steps)
        return Contradiction(between, f"{stated:.1f} degrees", f"a turn by {found:.1f} degrees", sigmas)


def _best_ring(turns: Sequence[Turn], step: float | None, options: StepOptions) -> _Ring | None:
    """The ring that most pairs of photos show, fitted to them; None where fewer than two do."""
    rings = [ring for turn in turns for ring in _rings_of(turn, step)]
    shown = [[turn for turn in turns if ring.off(turn) <= options.least_deg(turn.steps)] for ring in rings]
    best = max(range(len(rings)), key=lambda one: len(shown[one]), default=None)
    if best is None or len(shown[best]) < 2:
        return None
    return _fitted(rings[best], shown[best], step is not None)


def _rings_of(turn: Turn, step: float | None) -> list[_Ring]:
    """Those that one pair may show: turned either way, by the step, or by what one step of it is."""
    found = axis_of_motion(turn.motion)
    if found is None or not found.point.any():
        return []
    if step is not None:
        return [_Ring(found, step), _Ring(found, -step)]
    degrees = rotation_degrees(turn.motion[:3, :3])
    return [_Ring(found, degrees)] if turn.steps == 1 else []


def _fitted(ring: _Ring, turns: Sequence[Turn], is_stated: bool) -> _Ring:
    """What pairs show of the axis, those that turn most above all, and of the step where nobody said."""
    axes = [
        (axis_of_motion(turn.motion), abs(np.sin(np.radians(ring.degrees * turn.steps / 2.0))))
        for turn in turns
    ]
    weighed = [(axis, weight) for axis, weight in axes if axis is not None]
    direction = sum(w * np.sign(one.direction @ ring.axis.direction) * one.direction for one, w in weighed)
    direction /= np.linalg.norm(direction)
    point = sum(weight * one.point for one, weight in weighed) / sum(weight for _, weight in weighed)
    axis = Axis(direction, point - direction * (point @ direction))
    ones = [rotation_degrees(turn.motion[:3, :3]) for turn in turns if turn.steps == 1]
    degrees = ring.degrees if is_stated or not ones else float(np.sign(ring.degrees) * np.mean(ones))
    return _Ring(axis, degrees)


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
