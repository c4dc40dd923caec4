"""Seconds between frames."""

from __future__ import annotations

import math
from numbers import Real

from objpose.errors import InputError
from objpose.given import described

NOMINAL = 1 / 30  # seconds between frames whose time nobody tells


class Clock:
    """As the timestamps of the frames say, or at the nominal rate where none are given."""

    def __init__(self) -> None:
        self.now: float | None = None
        self.is_told = False

    def tick(self, timestamp: float | None) -> float:
        """Seconds since the frame before; 0 at the first.

        Raises:
            InputError: a time that is no number, not after the last one, or given for some frames only.
        """
        before = self.now
        if timestamp is not None and not isinstance(timestamp, Real):
            raise InputError("timestamp", described(timestamp), "seconds, one number", "give a float")
        if before is not None and (timestamp is not None) != self.is_told:
            found = "given for some frames only"
            cure = "give seconds with each frame"
            raise InputError("timestamp", found, "one for all frames, or for none", cure)
        self.is_told = timestamp is not None
        now = float(timestamp) if timestamp is not None else 0.0 if before is None else before + NOMINAL
        if not math.isfinite(now) or (before is not None and now <= before):
            found = f"{now:.6g} s after {before:.6g} s" if before is not None else f"{now} s"
            raise InputError("timestamp", found, "seconds that grow", "give frames in their order, each once")
        self.now = now
        return 0.0 if before is None else now - before
