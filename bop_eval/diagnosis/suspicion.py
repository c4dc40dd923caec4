"""What may be wrong with a result file, and when the estimates bear it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from objpose.io import BopResultTable

LEAST_GAIN = 0.1  # of the share of thresholds passed, in the mean over the estimates that are concerned
AS_GOOD = 0.02  # of which the simpler of two is believed
MOST_CHANCE = 1e-3  # that so many estimates gain by luck, for all suspicions of a round together


@dataclass(frozen=True, eq=False)
class Suspicion:
    """One thing that may be wrong.

    name: in a word or two. what: a sentence. cure: what to do about it. mend: the estimates as they would be
    without it. parts: of how many mistakes it is made.
    """

    name: str
    what: str
    cure: str
    mend: Callable[[BopResultTable], BopResultTable]
    parts: int = 1


def most_likely(qualities: np.ndarray, suspicions: Sequence[Suspicion], before: np.ndarray) -> int | None:
    """The suspicion that the estimates bear out best, if any; of those as good the simplest.

    qualities: (S, N) of the estimates as each suspicion mends them. before: (N,) as they are.
    """
    if not len(qualities) or not len(before):
        return None
    gains = qualities.mean(axis=1) - before.mean()
    is_meant = np.array([bears_out(one, before, len(qualities)) for one in qualities])
    if not is_meant.any():
        return None
    best = gains[is_meant].max()
    near: list[int] = np.nonzero(is_meant & (gains >= best - AS_GOOD))[0].tolist()
    return int(min(near, key=lambda i: (suspicions[i].parts, -gains[i])))


def bears_out(after: np.ndarray, before: np.ndarray, tried: int = 1, chance: float = MOST_CHANCE) -> bool:
    """Whether estimates (N,) gain by more than luck would give in `tried` trials (sign test)."""
    better, worse = int((after > before).sum()), int((after < before).sum())
    if better <= worse or after.mean() - before.mean() < LEAST_GAIN:
        return False
    return bool(binomtest(better, better + worse, alternative="greater").pvalue * tried < chance)
