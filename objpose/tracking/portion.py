"""A search that is spread over frames: each does as much of it as the time since the last one allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from objpose.geometry import SE3

# Seconds that a whole search takes, about, and a frame without one: between two of a camera the rest is left.
WHOLE, FRAME = 0.045, 0.02
MOST = 8  # portions: with fewer places than that a search finds nothing


@dataclass(frozen=True)
class Portion:
    """One of `count` like ones, which take turns.

    Counted in places that are tried, not in time: the same frames are searched alike on any machine.
    """

    index: int = 0
    count: int = 1

    def of(self, places: Tensor) -> Tensor:
        """Each `count`-th of places (P, ...)."""
        return places[self.index % self.count :: self.count]

    @property
    def is_all(self) -> bool:
        return self.count == 1

    def among(self, centres: SE3) -> list[tuple[SE3, Portion]]:
        """Of poses (k,) those that are looked around, and how much of that: a portion has one, in turn."""
        if self.is_all:
            return [(centre, self) for centre in centres]
        turn, which = divmod(self.index, len(centres))
        return [(centres[which], Portion(turn, self.count))]

    def number(self, most: int) -> int:
        """Of `most` that a whole search goes on with."""
        return -(-most // self.count)


ALL = Portion()


def portion(elapsed: float, index: int) -> Portion:
    """That of a frame, so many seconds after the one before; 0: it is the first, which nothing precedes."""
    if elapsed <= 0:
        return ALL
    left = max(elapsed - FRAME, WHOLE / MOST)
    return Portion(index, math.ceil(WHOLE / left))
