"""When a pose found from near is believed, and when the object is looked for all around."""

from __future__ import annotations

from objpose.tracking.evidence import chance
from objpose.tracking.fitting import CLEAR, Fit

# An outline that misfits so many times as much as usual, and by so many nats more, is looked for all around.
WORSE = 1.4, 0.03
# Diameters that points were off their predicted places lately, from which all around is looked at in any
# case: outlines hang on to what is nearest.
ASTRAY, RECENT = 0.08, 0.3
# Where all around nothing better was found, a place that is doubtful, but no worse than so many nats, is not
# looked around again for so many frames.
HOPELESS, REST = 0.0, 5
MEMORY = 0.1  # share of a trusted frame in what is usual


class Doubt:
    """Of one object that is followed."""

    def __init__(self) -> None:
        self._usual: float | None = None  # misfit of trusted frames
        self._astray = 0.0  # diameters
        self._resting = 0  # frames

    def begin(self) -> None:
        """It is told to be there."""
        self._usual = None
        self.wake()

    def wake(self) -> None:
        """It is lost, or told to be elsewhere: what was in vain there says nothing."""
        self._resting = 0

    def came_astray(self, off: float) -> None:
        """It was found so many diameters off where it was predicted."""
        self._astray += RECENT * (min(off, 1.0) - self._astray)

    def trusted(self, misfit: float) -> None:
        """A trusted frame's outline misfits so."""
        self._usual = misfit if self._usual is None else self._usual + MEMORY * (misfit - self._usual)

    def believes(self, near: Fit) -> bool:
        """Whether nothing better need be looked for."""
        return chance(near.odds) >= CLEAR and not self._is_unusual(near) and self._astray < ASTRAY

    def rests(self, near: Fit) -> bool:
        """Whether looking all around a doubtful fit may be in vain, as it was. Asked once a frame."""
        if self._resting == 0 or near.odds < HOPELESS:
            return False
        self._resting -= 1
        return True

    def looked(self, is_better: bool) -> None:
        """All around something likelier was found, or not."""
        self._resting = 0 if is_better else REST

    def _is_unusual(self, fit: Fit) -> bool:
        """Whether the outline fits so much worse than it did that it may hang on to the wrong borders."""
        factor, more = WORSE
        return self._usual is not None and fit.evidence.misfit > factor * self._usual + more
