"""The best of many things that are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def best_unlike(
    items: Sequence[Item], worth: Sequence[float], same: Callable[[Item, Item], bool], most: int
) -> list[Item]:
    """So many at most, the one of most worth first, less those that are the same as a better one."""
    kept: list[Item] = []
    for index in np.argsort(-np.asarray(worth, dtype=np.float64), kind="stable"):
        if len(kept) == most:
            break
        if not any(same(items[index], better) for better in kept):
            kept.append(items[index])
    return kept
