"""OpenCV's solvers beside ours: the same frames, or why there are none."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from objpose.calibration import calibrate_hand_eye
from objpose.calibration.opencv_solvers import SOLVERS, why_no_solvers
from objpose.calibration.samples import EYES, Eye
from objpose.calibration.told import words_of
from tests.calibration.stops import stops


@pytest.mark.parametrize("eye", EYES)
def test_all_five_find_the_truth_of_exact_stops(eye: Eye) -> None:
    if why_no_solvers():
        pytest.skip(why_no_solvers())
    truth, samples = stops(eye, 10, seed=1)
    answer = calibrate_hand_eye(samples, eye)
    assert set(answer.solvers) == set(SOLVERS)
    for found in answer.solvers.values():
        assert found is not None and float((truth.inverse() @ found).log().abs().max()) < 1e-3


def test_without_them_it_is_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in OpenCV 5.0.0, whose Python lacks them."""
    bare = ModuleType("cv2")
    bare.__version__, bare.__spec__ = "5.0.0", __spec__
    monkeypatch.setitem(sys.modules, "cv2", bare)
    _, samples = stops("in-hand", 8, seed=1)
    answer = calibrate_hand_eye(samples, "in-hand")
    assert answer.solvers == {}
    assert words_of(answer)[-1].startswith(
        "no other solvers to compare with: OpenCV 5.0.0 has none for Python"
    )
