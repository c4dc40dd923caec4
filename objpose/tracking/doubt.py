"""When a pose found from near is believed, and when the object is looked for all around."""

from __future__ import annotations

from objpose.tracking.evidence import chance
from objpose.tracking.fitting import CLEAR, Fit
from objpose.tracking.portion import Portion

# An outline that misfits so many times as much as usual, and by so many nats more, is looked for all around.
WORSE = 1.4, 0.03
# Diameters that points were off their predicted places lately, from which all around is looked at in any
# case: outlines hang on to what is nearest.
ASTRAY, RECENT = 0.08, 0.3
LEAPT = 0.12  # diameters that a fit's points are off their predicted places, from which it is doubtful itself
# Where a whole search found nothing better, a place that is doubtful, but no worse than so many nats, is not
# searched around again for so many seconds.
HOPELESS, REST = 0.0, 0.16
MEMORY = 0.1  # share of a trusted frame in what is usual


class Doubt:
    """Of one object that is followed."""

    def __init__(self) -> None:
        self._usual: float | None = None  # misfit of trusted frames
        self._astray = 0.0  # diameters
        self._resting = 0.0  # seconds
        self._vain = 0.0  # searches lately that found nothing better
        self._is_due = False

    def begin(self) -> None:
        """It is told to be there."""
        self._usual = None
        self.wake()

    def wake(self) -> None:
        """It is lost, or told to be elsewhere: what was in vain there says nothing."""
        self._resting = self._vain = 0.0

    def came_astray(self, off: float) -> None:
        """It was found so many diameters off where it was predicted."""
        self._astray += RECENT * (min(off, 1.0) - self._astray)

    def trusted(self, misfit: float) -> None:
        """A trusted frame's outline misfits so."""
        self._usual = misfit if self._usual is None else self._usual + MEMORY * (misfit - self._usual)

    def believes(self, near: Fit, off: float) -> bool:
        """Whether nothing better need be looked for; off: diameters between the fit and its prediction."""
        is_steady = self._astray < ASTRAY and off < LEAPT
        return is_steady and chance(near.odds) >= CLEAR and not self._is_unusual(near)

    def searches(self, near: Fit, elapsed: float, part: Portion) -> bool:
        """Whether to look all around a doubtful fit; asked once a frame, `elapsed` seconds after the last.

        Not where that was in vain lately, nor in two frames in a row that have time for a portion only: every
        other of them goes on with the fit itself.
        """
        if self._resting > 0 and near.odds >= HOPELESS:
            self._resting -= elapsed
            return False
        is_due, self._is_due = self._is_due or part.is_all, not self._is_due
        return is_due

    def looked(self, is_better: bool, portion: Portion) -> None:
        """A portion of all around held something likelier, or not."""
        self._vain = 0.0 if is_better else self._vain + 1 / portion.count
        if self._vain > 1 - 1e-6:
            self._resting, self._vain = REST, 0.0

    def _is_unusual(self, fit: Fit) -> bool:
        """Whether the outline fits so much worse than it did that it may hang on to the wrong borders."""
        factor, more = WORSE
        return self._usual is not None and fit.evidence.misfit > factor * self._usual + more
