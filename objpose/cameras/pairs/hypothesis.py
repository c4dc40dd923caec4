"""One relative pose that two photos may have, and when two of them are one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.scene.unlike import best_unlike
from objpose.geometry.rigid_matrices import direction_degrees, inverse_matrix, rotation_degrees


@dataclass(frozen=True, eq=False)
class PairHypothesis:
    """b_from_a: (4, 4), translation of unit length, or zero for a turn in place; evidence: nats against
    chance.
    """

    b_from_a: np.ndarray
    evidence: float

    def at_length(self, length: float) -> np.ndarray:
        """(4, 4) with a translation so many times as long."""
        b_from_a = self.b_from_a.copy()
        b_from_a[:3, 3] *= length
        return b_from_a

    def swapped(self) -> PairHypothesis:
        """The same from b to a."""
        return replace(self, b_from_a=inverse_matrix(self.b_from_a))


def distinct_hypotheses(hypotheses: list[PairHypothesis], options: PairOptions) -> list[PairHypothesis]:
    """Those that beat chance and are unlike every better one, the best first."""
    told = [one for one in hypotheses if one.evidence > 0.0]
    return best_unlike(
        told,
        [one.evidence for one in told],
        lambda one, other: same_motion(one.b_from_a, other.b_from_a, options),
        options.kept,
    )


def same_motion(first: np.ndarray, second: np.ndarray, options: PairOptions) -> bool:
    """Whether two relative poses (4, 4) are one within the scatter of a single hypothesis."""
    apart = direction_degrees(first[:3, 3], second[:3, 3])
    return same_rotation(first, second, options) and apart < options.same_direction_deg


def same_rotation(first: np.ndarray, second: np.ndarray, options: PairOptions) -> bool:
    """The same for the rotations alone."""
    return rotation_degrees(first[:3, :3].T @ second[:3, :3]) < options.same_rotation_deg
