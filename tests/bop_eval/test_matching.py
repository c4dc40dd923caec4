"""Greedy matching, every clause by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bop_eval.matching import match_greedily

INF = np.inf


def match(errors: list[list[float]], *thresholds: float) -> list[list[int]]:
    """One list for each threshold: what each estimate takes."""
    return match_greedily(np.array(errors, dtype=float), np.array(thresholds)).T.tolist()


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([[0.5]], [0]),
        ([[1.0]], [-1]),  # strictly below the threshold
        ([[0.4, 0.2]], [1]),  # the nearest instance
        ([[0.3, 0.3]], [0]),  # of equal ones the first
        ([[0.1], [0.05]], [0, -1]),  # the better scored estimate goes first, though the other is nearer
        ([[0.2, 0.3], [0.1, 0.4]], [0, 1]),  # what is taken is gone: the second falls back
        ([[0.2, 0.3], [0.1, 1.4]], [0, -1]),
        ([[INF, 0.2], [np.nan, 0.1]], [1, -1]),  # what does not count is never taken
        ([[2.0], [0.5]], [-1, 0]),  # an estimate that fails takes nothing
    ],
)
def test_by_hand(errors: list[list[float]], expected: list[int]) -> None:
    assert match(errors, 1.0) == [expected]


def test_every_threshold_is_matched_on_its_own() -> None:
    errors = [[0.2, 0.3], [0.1, 0.4]]
    assert match(errors, 0.15, 0.25, 0.35, 0.45) == [[-1, 0], [0, -1], [0, -1], [0, 1]]


def test_nothing_to_match() -> None:
    assert match_greedily(np.zeros((2, 3, 0)), np.ones(4)).tolist() == [[[-1] * 4] * 3] * 2
    assert match_greedily(np.zeros((2, 0, 3)), np.ones(4)).shape == (2, 0, 4)


def test_batches_are_independent() -> None:
    errors = np.random.default_rng(0).random((4, 3, 5, 2))
    together = match_greedily(errors, np.array([0.3, 0.6]))
    for index in np.ndindex(4, 3):
        np.testing.assert_array_equal(together[index], match_greedily(errors[index], np.array([0.3, 0.6])))


SHAPES = st.tuples(st.integers(0, 5), st.integers(0, 4))
ERRORS = arrays.arrays(float, SHAPES, elements=st.sampled_from([0.1, 0.2, 0.5, INF]))


@settings(deadline=None, max_examples=100)
@given(ERRORS, st.sampled_from([0.15, 0.2, 0.3, 0.6]))
def test_laws(errors: np.ndarray, threshold: float) -> None:
    """Against the definition, one estimate at a time."""
    taken: list[int] = []
    for row in errors:
        free = [j for j in range(errors.shape[1]) if j not in taken and row[j] < threshold]
        taken.append(min(free, key=lambda j: row[j]) if free else -1)
    assert match_greedily(errors, np.array([threshold]))[:, 0].tolist() == taken
