"""Stretches in which the object cannot be seen: how soon that is said, and how soon it is had again."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.tracking.benchmark.play import Run


@dataclass(frozen=True)
class Gap:
    """One stretch without the object. Counts of frames start at 1: 1 is the first frame that could tell."""

    first: int  # index of the first frame without the object
    length: int
    until_doubted: int | None  # frames of the gap until one was not trusted; None: all were
    until_found: (
        int | None
    )  # frames after its return until one was trusted and right; None: never, or no return


def gaps_in(run: Run) -> list[Gap]:
    """The gaps of a run, in order."""
    present, found = run.present, []
    index = 0
    while index < len(present):
        if present[index]:
            index += 1
            continue
        end = next((i for i in range(index, len(present)) if present[i]), len(present))
        found.append(_gap(run, index, end))
        index = end
    return found


def _gap(run: Run, start: int, end: int) -> Gap:
    """Of the states from `start` up to `end`, whose frames come one after."""
    present, trusted, good = run.present, run.trusted, run.good
    doubted = next((i - start + 1 for i in range(start, end) if not trusted[i]), None)
    again = next((i for i in range(end, len(present)) if not present[i]), len(present))
    found = next((i - end + 1 for i in range(end, again) if trusted[i] and good[i]), None)
    return Gap(first=start + 1, length=end - start, until_doubted=doubted, until_found=found)
