"""Of a sequence the near pairs are kept, and few of the others, whatever order the photos come in."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from objpose.cameras.known.sequence import along_sequence
from objpose.features.local import Matches

NONE = Matches(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))


def kept(names: list[str]) -> set[frozenset[str]]:
    pairs = {pair: NONE for pair in combinations(range(len(names)), 2)}
    return {frozenset(names[index] for index in pair) for pair in along_sequence(names, pairs)}


def test_near_pairs_stay_and_few_others() -> None:
    names = [f"{number:02d}.jpg" for number in range(25)]
    found = kept(names)
    assert all(frozenset((a, b)) in found for a, b in zip(names, names[1:], strict=False))
    assert frozenset((names[0], names[16])) in found and frozenset((names[0], names[15])) not in found
    assert len(found) < 0.5 * 25 * 24 / 2
    assert kept(names[::-1]) == found
