"""What speaks for one relative pose of two views of a thing, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from objpose.reference.laid_onto import Agreement

SURE_NATS = 30.0  # of matched keypoints, from which more tell nothing new
STRANGE = 10.0  # squared standard deviations of reliefs that count one
# Of `numbers`, in nats: by which the right one of the poses of a pair is the likeliest, on half of the pairs
# of one set in all modes together (docs/benchmarks/reference.md); that of measured depth was set beforehand.
WEIGHTS = np.array([7.5, 2.0, 12.0, 4.0, 28.0, -1.3, 7.0])


@dataclass(frozen=True, eq=False)
class Evidence:
    """laid: how the views agree when laid onto each other; alike: mean cosine of all cells with their nearest
    in the other view, turned in its plane as the pose turns it; strange: squared standard deviations by which
    reliefs would differ from what was expected; nats: of matched keypoints against chance.
    """

    laid: Agreement
    alike: float
    strange: float
    nats: float

    @property
    def numbers(self) -> np.ndarray:
        """(7,) as they are weighed."""
        laid = [self.laid.alike, self.laid.light, self.laid.inside, self.laid.level]
        sure = min(max(self.nats, 0.0), SURE_NATS) / SURE_NATS
        return np.array([*laid, self.alike, self.strange / STRANGE, sure])


def chance_nats(evidence: Evidence) -> float:
    """Log chance of a pose among others of the same two views, up to a constant."""
    return float(WEIGHTS @ evidence.numbers)
