"""The ring that the cameras of a turntable stand on, as seen by the object: its axis and its step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.placing.options import StepOptions
from objpose.cameras.placing.turntable import Axis, axis_of_motion
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
class Ring:
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


def best_ring(turns: Sequence[Turn], step: float | None, options: StepOptions) -> Ring | None:
    """The ring that most pairs of photos show, fitted to them; None where fewer than two do."""
    nearest = min((turn.steps for turn in turns), default=1)
    rings = [ring for turn in turns for ring in _rings_of(turn, step, nearest)]
    shown = [[turn for turn in turns if ring.off(turn) <= options.least_deg(turn.steps)] for ring in rings]
    best = max(range(len(rings)), key=lambda one: len(shown[one]), default=None)
    if best is None or len(shown[best]) < 2:
        return None
    return _fitted(rings[best], shown[best], step is not None)


def _rings_of(turn: Turn, step: float | None, nearest: int) -> list[Ring]:
    """Those that one pair may show: turned either way by the step; where nobody said it, by what the nearest
    pairs show, half a turn at most.
    """
    found = axis_of_motion(turn.motion)
    if found is None or not found.point.any():
        return []
    if step is not None:
        return [Ring(found, step), Ring(found, -step)]
    degrees = rotation_degrees(turn.motion[:3, :3])
    return [Ring(found, degrees / turn.steps)] if turn.steps == nearest else []


def _fitted(ring: Ring, turns: Sequence[Turn], is_stated: bool) -> Ring:
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
    nearest = min(turn.steps for turn in turns)
    shown = [rotation_degrees(turn.motion[:3, :3]) / nearest for turn in turns if turn.steps == nearest]
    degrees = ring.degrees if is_stated else float(np.sign(ring.degrees) * np.mean(shown))
    return Ring(axis, degrees)
