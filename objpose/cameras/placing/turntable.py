"""A turntable before a standing camera: one axis for all photos, and an angle for each.

Where the axis is known, a pair of photos has one freedom in place of five. So few geometries are tried that
far fewer matches tell the right one from chance: of photos 70 degrees apart, say, where a free search fails.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import TurntableOptions
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import rigid_matrix, rotation_degrees
from objpose.work import share


@dataclass(frozen=True, eq=False)
class Axis:
    """Of a turntable in the camera's frame: direction (3,), and its nearest point to the camera (3,), whose
    distance is the unit.
    """

    direction: np.ndarray
    point: np.ndarray

    def turned(self, degrees: float) -> np.ndarray:
        """(4, 4) of the object turned so far before the camera."""
        rotation = Rotation.from_rotvec(np.radians(degrees) * self.direction).as_matrix()
        return rigid_matrix(rotation, self.point - rotation @ self.point)

    def is_near(self, other: Axis, options: TurntableOptions) -> bool:
        turn = np.degrees(np.arccos(np.clip(abs(self.direction @ other.direction), 0.0, 1.0)))
        shift = np.degrees(np.arccos(np.clip(self.point @ other.point, -1.0, 1.0)))
        return bool(turn < options.axis_deg and shift < options.point_deg)


def turntable_cameras(
    problem: CameraProblem, photos: Collection[int], options: TurntableOptions
) -> list[dict[int, np.ndarray]]:
    """cam_from_world (4, 4) of the photos that the matches place on a turntable, for each axis they show.

    There may be two: the camera was put elsewhere in between.
    """
    among, found = problem.among(photos), []
    for axis in axes_of(among, options):
        angles = _angles(_curves(problem, axis, photos, options), options)
        if len(angles) > 2:  # any motion of two photos turns about some axis
            found.append({photo: axis.turned(degrees) for photo, degrees in angles.items()})
    return found


def axes_of(problem: CameraProblem, options: TurntableOptions) -> list[Axis]:
    """The axes about which most pair hypotheses turn, the one of most evidence first."""
    shown = [
        (pair, one.evidence, axis)
        for pair, hypotheses in problem.hypotheses.items()
        for one in hypotheses
        if (axis := _axis_of(one.b_from_a, options)) is not None
    ]
    axes: list[Axis] = []
    while shown and len(axes) < options.axes:
        tried = sorted(shown, key=lambda one: -one[1])[: options.tried]
        agreeing = [_agreeing(shown, axis, options) for _, _, axis in tried]
        best = max(agreeing, key=lambda pairs: sum(nats for nats, _ in pairs.values()))
        if sum(nats for nats, _ in best.values()) < options.axis_nats:
            break
        axes.append(_mean(list(best.values())))
        shown = [one for one in shown if one[0] not in best]
    return axes


def axis_of_motion(b_from_a: np.ndarray) -> Axis | None:
    """About which a motion turns, its point in the motion's unit; None for one that does not turn."""
    rotation, shift = b_from_a[:3, :3], b_from_a[:3, 3]
    turn = Rotation.from_matrix(rotation).as_rotvec()
    angle = np.linalg.norm(turn)
    if angle < 1e-9:
        return None
    direction = turn / angle
    flat = np.eye(3) - rotation + np.outer(direction, direction)
    return Axis(direction, np.linalg.solve(flat, shift - direction * (shift @ direction)))


def _axis_of(b_from_a: np.ndarray, options: TurntableOptions) -> Axis | None:
    """The same with its distance for a unit; None where it is no turn about an axis before the camera."""
    shift, axis = b_from_a[:3, 3], axis_of_motion(b_from_a)
    if axis is None or rotation_degrees(b_from_a[:3, :3]) < options.least_turn_deg or not shift.any():
        return None
    if abs(shift @ axis.direction) > np.sin(np.radians(options.slide_deg)) * np.linalg.norm(shift):
        return None
    point = axis.point / np.linalg.norm(axis.point)
    return Axis(axis.direction, point) if point[2] > options.ahead else None


def _agreeing(
    shown: list[tuple[Pair, float, Axis]], axis: Axis, options: TurntableOptions
) -> dict[Pair, tuple[float, Axis]]:
    """Of every pair the hypothesis of most evidence that turns about an axis."""
    best: dict[Pair, tuple[float, Axis]] = {}
    for pair, nats, one in shown:
        if axis.is_near(one, options) and (pair not in best or nats > best[pair][0]):
            best[pair] = nats, one
    return best


def _mean(weighed: list[tuple[float, Axis]]) -> Axis:
    first = weighed[0][1].direction
    direction = sum(nats * np.sign(one.direction @ first) * one.direction for nats, one in weighed)
    direction /= np.linalg.norm(direction)
    point = sum(nats * one.point for nats, one in weighed)
    point = point - direction * (point @ direction)
    return Axis(direction, point / np.linalg.norm(point))


def _curves(
    problem: CameraProblem, axis: Axis, photos: Collection[int], options: TurntableOptions
) -> dict[Pair, np.ndarray]:
    """For each pair nats (A,) of the angles, a step apart, that its second photo is turned further."""
    count = round(360.0 / options.step_deg)
    motions = [axis.turned(number * options.step_deg) for number in range(count)]
    pairs = [pair for pair in combinations(sorted(photos), 2) if pair in problem.matches]

    def weighed(pair: Pair) -> np.ndarray:
        first, second, matches = problem.views[pair[0]], problem.views[pair[1]], problem.matches[pair]
        clear = PairMatches(first, second, matches.select(matches.ratios < options.clear_ratio))
        agreeing = np.array([clear.agrees(motion).sum() for motion in motions])
        every, nats = PairMatches(first, second, matches), np.zeros(count)
        for number in np.argsort(agreeing)[-options.weighed :]:
            if number:
                nats[number] = max(every.weighed(motions[number], problem.options.evidence).evidence, 0.0)
        return nats

    return dict(zip(pairs, share(weighed, pairs), strict=True))


def _angles(curves: dict[Pair, np.ndarray], options: TurntableOptions) -> dict[int, float]:
    """Degrees of the photos that hang together: one by one, each where all before it want it, then again."""
    if not curves:
        return {}
    both = {**curves, **{(b, a): np.roll(nats[::-1], 1) for (a, b), nats in curves.items()}}
    first = max(curves, key=lambda pair: curves[pair].max())
    places = {first[0]: 0}
    waiting = {photo for pair in curves for photo in pair} - {first[0]}
    while waiting:
        wanted = {photo: _wanted(both, places, photo) for photo in sorted(waiting)}
        best = max(wanted, key=lambda photo: wanted[photo].max())
        if wanted[best].max() < options.least_nats + options.nats_per_photo * len(places):
            break
        places[best] = int(wanted[best].argmax())
        waiting.remove(best)
    for photo in list(places)[1:]:
        places[photo] = int(_wanted(both, {k: v for k, v in places.items() if k != photo}, photo).argmax())
    return {photo: place * options.step_deg for photo, place in places.items()}


def _wanted(both: dict[Pair, np.ndarray], places: dict[int, int], photo: int) -> np.ndarray:
    """(A,) nats for each angle of a photo from those that have one."""
    nats = np.zeros_like(next(iter(both.values())))
    for other, place in places.items():
        if (other, photo) in both:
            nats += np.roll(both[other, photo], place)
    return nats
