"""Recall and average precision by hand."""

import numpy as np
import pytest

from bop_eval.scores import RECALLS, average_precision, precision_curve, recall


def ap(scores: list[float], is_true: list[int], instances: int, is_ignored: list[int] | None = None) -> float:
    columns = [np.array(values or [0] * len(scores), dtype=bool)[:, None] for values in (is_true, is_ignored)]
    return average_precision(np.array(scores, dtype=float), *columns, instances).item()


def test_recall() -> None:
    assert recall(np.array([0, 1, 4]), 4).tolist() == [0, 0.25, 1]
    assert recall(np.array([0, 0]), 0).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("scores", "is_true", "instances", "expected"),
    [
        ([0.9, 0.8], [1, 1], 2, 1.0),
        ([], [], 3, 0.0),
        ([0.9], [0], 1, 0.0),
        ([0.9], [1], 2, 51 / 101),  # recall 0.5 is reached: 0.00 ... 0.50 are 51 of the 101
        ([0.9, 0.8], [0, 1], 1, 0.5),  # a wrong one before halves the precision everywhere
        ([0.9, 0.8, 0.7], [1, 0, 1], 2, (51 + 50 * 2 / 3) / 101),
        ([0.9, 0.8, 0.7], [0, 1, 1], 2, 2 / 3),  # interpolated: later, higher precision counts back
    ],
)
def test_by_hand(scores: list[float], is_true: list[int], instances: int, expected: float) -> None:
    assert ap(scores, is_true, instances) == pytest.approx(expected)


def test_order_is_by_score_and_stable() -> None:
    assert ap([0.7, 0.9], [1, 0], 1) == ap([0.9, 0.7], [0, 1], 1) == pytest.approx(0.5)
    assert ap([0.5, 0.5], [1, 0], 1) == 1.0  # of equal scores the first comes first
    assert ap([0.5, 0.5], [0, 1], 1) == pytest.approx(0.5)


def test_ignored_detections_are_neither_right_nor_wrong() -> None:
    assert ap([0.9, 0.8], [0, 1], 1, is_ignored=[1, 0]) == 1.0
    assert ap([0.9, 0.8, 0.7], [0, 0, 1], 1, is_ignored=[1, 0, 0]) == pytest.approx(0.5)


def test_each_threshold_has_its_own_curve() -> None:
    is_true = np.array([[True, False], [True, True]])
    found = average_precision(np.array([0.9, 0.8]), is_true, np.zeros((2, 2), bool), 2)
    assert found.tolist() == pytest.approx([1.0, 0.5 * 51 / 101])
    curve = precision_curve(np.array([0.9, 0.8]), is_true, np.zeros((2, 2), bool), 2)
    assert curve.shape == (len(RECALLS), 2) and curve[51:, 1].tolist() == [0.0] * 50


def test_undefined_without_instances() -> None:
    with pytest.raises(ValueError, match="without an instance"):
        ap([0.9], [0], 0)
