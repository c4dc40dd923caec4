"""Seconds spent in each stage of a computation."""

from __future__ import annotations

import time


class Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a stage: what passed since the one before is its time."""
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now
