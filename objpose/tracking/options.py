"""All that tunes a tracker, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackerOptions:
    """Options of `Tracker`."""

    # From 0, smooth, to 1, fast: how soon a velocity is forgotten, and how much of it is what was seen last.
    # 0.5 follows hands; 0 a conveyor; 1 what turns about within a tenth of a second.
    agility: float = 0.5
    # Whether an object that is lost, or was never seen, is looked for in whole pictures. "background": in a
    # thread of its own, which no frame waits for; "wait": at once, so that the same frames give the same
    # answer; "never": only near where it was last seen.
    search: str = "background"
    seed: int = 0
