"""Runs of a tracker in a few numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from objpose.errors import InputError
from objpose.tracking.benchmark.errors import PoseErrors
from objpose.tracking.benchmark.play import Run
from objpose.tracking.state import Status

LARGEST = 0.1  # metres up to which ADD and ADD-S are counted (Xiang et al., RSS 2018: YCB-Video)


@dataclass(frozen=True)
class Score:
    """Shares are of frames; NaN where there is no frame to take them of."""

    frames: int  # in which the object can be seen
    success: float  # within 5 cm and 5 degrees
    resets: int
    auc_add: float  # area under the curve of accuracy over thresholds from 0 to 10 cm
    auc_add_s: float
    wrong_trusted: float  # of the frames whose state is trusted: the object is elsewhere, or cannot be seen
    worst_trusted: float  # metres, the largest mean distance of the object's points in such a frame
    good_doubted: float  # of the frames that are right: the state is not trusted
    good_lost: float  # of the same: the state is that the object is lost
    median: float  # seconds of a frame
    p99: float  # seconds: 99 of 100 frames take less


def score(runs: Iterable[Run]) -> Score:
    """The score of all frames of some runs together.

    Raises:
        InputError: no runs.
    """
    runs = list(runs)
    if not runs:
        raise InputError("runs", "none", "at least one", "play a recording first")
    present, trusted, good = (
        np.concatenate([np.array(values, dtype=bool) for values in columns])
        for columns in zip(*((run.present, run.trusted, run.good) for run in runs), strict=True)
    )
    errors = [error for run in runs for error in run.errors]
    lost = np.array([state.status is Status.LOST for run in runs for state in run.states])
    seconds = np.concatenate([run.seconds for run in runs])
    seen = [error for error, is_seen in zip(errors, present, strict=True) if is_seen]
    return Score(
        frames=int(present.sum()),
        success=_share(good[present]),
        resets=sum(len(run.resets) for run in runs),
        auc_add=area_under_curve([error.add for error in seen]),
        auc_add_s=area_under_curve([error.add_s for error in seen]),
        wrong_trusted=_share(~good[trusted]),
        worst_trusted=_worst(errors, trusted & present),
        good_doubted=_share(~trusted[good]),
        good_lost=_share(lost[good]),
        median=float(np.median(seconds)),
        p99=float(np.percentile(seconds, 99)),
    )


def area_under_curve(distances: list[float], largest: float = LARGEST) -> float:
    """Mean over all thresholds from 0 to `largest` of the share of distances below, both metres.

    The mean over distances of what each leaves of the range is the same area, exactly.
    """
    return float(np.mean(np.clip(1 - np.array(distances) / largest, 0, 1))) if distances else np.nan


def _share(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _worst(errors: list[PoseErrors], where: np.ndarray) -> float:
    return max((error.off for error, chosen in zip(errors, where, strict=True) if chosen), default=np.nan)
