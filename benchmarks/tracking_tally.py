"""Losses noticed and false alarms of runs through mishaps.

A loss is a run of five frames from the mishap on in which the object cannot be seen, or is farther from
where the tracker has it than a fifth of its diameter; it is noticed where one of the five is not trusted
(said to be uncertain or lost). Clips in which the tracker keeps the object, or had lost it before, are none.
Good frames are those before the mishap whose pose is within a tenth of the diameter: doubted where the
pose is not trusted, a false alarm where the object is said to be lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracking_clip import CALM

from objpose.tracking import Status
from objpose.tracking.benchmark import Run

WINDOW = 5  # frames in which a loss is to be noticed
FAR, NEAR = 0.2, 0.1  # of the diameter: mean distances of the points, of what is lost and of what is good


@dataclass(frozen=True)
class Tally:
    """What became of some clips."""

    clips: int
    losses: int
    noticed: int
    good: int  # frames before the mishaps whose pose is right
    doubted: int  # of these, not trusted
    alarms: int  # of these, said to be lost

    @staticmethod
    def of(runs: list[Run]) -> Tally:
        outcomes = [outcome(run) for run in runs]
        good, doubted, said = (sum(counts) for counts in zip(*map(alarms, runs), strict=True))
        lost = [noticed for noticed in outcomes if noticed is not None]
        return Tally(len(runs), len(lost), sum(lost), good, doubted, said)

    def __str__(self) -> str:
        recall = f"{self.noticed / self.losses:7.1%}" if self.losses else "      -"
        rate = f"{2000 * self.alarms / self.good:8.1f}" if self.good else "       -"
        found = f"{self.clips:6d}{self.losses:8d}{self.noticed:9d}{recall}{self.good:8d}{self.doubted:8d}"
        return f"{found}{self.alarms:8d}{rate}"


def outcome(run: Run) -> bool | None:
    """Whether the loss was noticed; None where there was none."""
    wrong, trusted = _wrong(run, FAR), run.trusted
    if wrong[CALM - 2]:  # the last frame before the mishap: runs leave the first frame out
        return None
    for first in range(CALM - 1, len(wrong) - WINDOW + 1):
        if all(wrong[first : first + WINDOW]):
            return not all(trusted[first : first + WINDOW])
    return None


def alarms(run: Run) -> tuple[int, int, int]:
    """Good frames before the mishap, how many of them are not trusted, and how many are said to be lost."""
    wrong, states = _wrong(run, NEAR)[: CALM - 1], run.states[: CALM - 1]
    good = [state for is_wrong, state in zip(wrong, states, strict=True) if not is_wrong]
    doubted = sum(not state.is_trusted for state in good)
    return len(good), doubted, sum(state.status is Status.LOST for state in good)


def _wrong(run: Run, share: float) -> list[bool]:
    far = share * run.recording.diameter
    return [not seen or error.off > far for error, seen in zip(run.errors, run.present, strict=True)]
