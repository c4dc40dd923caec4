"""What can be tuned about the joint choice of hypotheses."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class GraphOptions:
    """How rotations, and then centres, are found that most edges agree with."""

    noise_degrees: float = 2.0  # of a right hypothesis, an axis; heavier tails than normal are expected
    inlier_degrees: float = 8.0  # a chosen hypothesis further off is no inlier
    apart_degrees: float = 15.0  # turns that differ by less are one
    # Whatever the weights say, some chance stays that no hypothesis of an edge is right.
    max_trust: float = 0.99
    # Nats of triangles beyond which rivals on one edge, as in mirrored worlds, are equals again.
    triangle_nats: float = 8.0
    starts: int = 32  # first guesses at most
    enough: int = 6  # starts in a row that end in solutions seen before end the search
    solutions: int = 4  # distinct solutions returned at most
    rival_nats: float = 6.0  # below the solution, at which a group's other turn is still looked at as one
    modes: int = 6  # turns of a group that share the chance of being right
    # Scales of the loss of directions between centres, in turn: from a start that stands many wrong ones to
    # the scatter of right ones.
    robust_degrees: tuple[float, ...] = (20.0, 8.0, 3.0)
    absolute_steps: int = 200  # of least unsquared deviations, the start
    least_residual: float = 1e-2  # of a unit length: a smaller residual takes no more weight there

    @property
    def noise(self) -> float:
        """Radians an axis."""
        return math.radians(self.noise_degrees)

    @property
    def apart(self) -> float:
        """Radians."""
        return math.radians(self.apart_degrees)
