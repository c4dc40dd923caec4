"""The best that are unlike each other."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.cameras.scene.unlike import best_unlike

APART = 0.1


def near(one: float, other: float) -> bool:
    return abs(one - other) < APART


@pytest.mark.parametrize("seed", range(3))
def test_each_is_unlike_all_better_ones_and_nothing_better_is_left_out(seed: int) -> None:
    items, worth = np.random.default_rng(seed).uniform(size=(2, 60))
    kept = best_unlike(list(items), list(worth), near, 100)
    values = [worth[list(items).index(one)] for one in kept]
    assert values == sorted(values, reverse=True)
    assert not any(near(a, b) for place, a in enumerate(kept) for b in kept[:place])
    for item, value in zip(items, worth, strict=True):
        assert any(near(item, one) and better >= value for one, better in zip(kept, values, strict=True))
    assert best_unlike(list(items), list(worth), near, 2) == kept[:2]


def test_of_equals_the_first_stays() -> None:
    assert best_unlike([0.31, 0.3, 0.5], [1.0, 1.0, 1.0], near, 5) == [0.31, 0.5]
    assert best_unlike([], [], near, 5) == []
