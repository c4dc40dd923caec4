"""Laws of the scores: known errors, honest and boastful states, gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from objpose.errors import InputError
from objpose.tracking import Status
from objpose.tracking.benchmark import gaps_in, play, score, table
from objpose.tracking.benchmark.score import area_under_curve
from tests.tracking.benchmark.fakes import FakeTracker, recording


def shifted(metres: float):
    return lambda age: [metres, 0, 0, 0, 0, 0]


def test_the_exact_tracker_has_full_marks():
    made = recording()
    found = score([play(FakeTracker(made), made, reset=True)])
    assert found.success == 1 and found.resets == 0 and found.frames == 39
    assert found.auc_add == pytest.approx(1, abs=1e-6) == found.auc_add_s
    assert found.wrong_trusted == found.good_doubted == found.good_lost == 0
    assert 0 < found.median <= found.p99


def test_a_known_shift_has_a_known_area():
    made = recording()
    found = score([play(FakeTracker(made, shifted(0.03)), made, reset=True)])
    assert found.success == 1 and found.auc_add == pytest.approx(0.7, abs=1e-6)
    assert found.auc_add < found.auc_add_s < 1
    assert found.worst_trusted == pytest.approx(0.03, abs=1e-6)


def test_the_area_is_that_under_the_curve_of_accuracy():
    distances = np.random.default_rng(0).exponential(0.05, 300)
    thresholds = np.linspace(0, 0.1, 20001)
    accuracy = (distances[:, None] < thresholds).mean(0)
    assert area_under_curve(list(distances)) == pytest.approx(
        np.trapezoid(accuracy, thresholds) / 0.1, abs=1e-4
    )
    assert area_under_curve([math.inf]) == 0


def test_runs_are_scored_by_frames():
    long, short = recording(length=31), recording(length=11)
    good, bad = FakeTracker(long), FakeTracker(short, shifted(0.2))
    found = score([play(good, long, reset=True), play(bad, short, reset=True)])
    assert found.success == 0.75 and found.resets == 10 and found.frames == 40


@pytest.mark.parametrize(
    ("status", "wrong", "doubted", "lost"),
    [
        (Status.TRACKING, 0.5, 0, 0),
        (Status.REACQUIRED, 0.5, 0, 0),
        (Status.UNCERTAIN, np.nan, 1, 0),
        (Status.LOST, np.nan, 1, 1),
        (Status.SEARCHING, np.nan, 1, 0),
    ],
)
def test_states_are_held_against_the_truth(status, wrong, doubted, lost):
    made = recording(length=21)
    tracker = FakeTracker(made, lambda age: [0.2 * (age > 10), 0, 0, 0, 0, 0], lambda index: status)
    found = score([play(tracker, made, reset=False)])
    assert found.wrong_trusted == pytest.approx(wrong, nan_ok=True)
    assert (found.good_doubted, found.good_lost) == (doubted, lost)
    assert found.worst_trusted == pytest.approx(0.2 if wrong == wrong else np.nan, nan_ok=True)


def test_trust_in_what_cannot_be_seen_is_wrong():
    made = recording(length=21, absent=slice(11, 16))
    found = score([play(FakeTracker(made), made, reset=False)])
    assert found.success == 1 and found.frames == 15 and found.wrong_trusted == 0.25


def test_gaps_say_when_it_was_doubted_and_found():
    made = recording(length=40, absent=slice(10, 20))
    doubts = {index: Status.LOST for index in range(12, 23)}
    tracker = FakeTracker(made, status=lambda index: doubts.get(index, Status.TRACKING))
    [gap] = gaps_in(play(tracker, made, reset=False))
    assert (gap.first, gap.length, gap.until_doubted, gap.until_found) == (10, 10, 3, 4)


def test_a_wrong_pose_is_not_found_again():
    made = recording(length=40, absent=slice(10, 20))
    tracker = FakeTracker(made, lambda age: [0.2 * (20 <= age < 25), 0, 0, 0, 0, 0])
    [gap] = gaps_in(play(tracker, made, reset=False))
    assert gap.until_doubted is None and gap.until_found == 6


def test_a_gap_without_return():
    made = recording(length=20, absent=slice(15, None))
    [gap] = gaps_in(play(FakeTracker(made), made, reset=False))
    assert (gap.first, gap.length, gap.until_found) == (15, 5, None)


def test_no_gaps():
    made = recording(length=20)
    assert gaps_in(play(FakeTracker(made), made, reset=False)) == []


def test_the_table_has_a_line_for_each():
    made = recording(length=10)
    found = score([play(FakeTracker(made), made, reset=True)])
    lines = table({"regular": found, "noise": found}).splitlines()
    assert len(lines) == 3 and len({len(line) for line in lines[1:]}) == 1
    assert lines[1].startswith("regular") and "100.0" in lines[1] and "success" in lines[0]


def test_no_runs_are_refused():
    with pytest.raises(InputError, match="runs"):
        score([])
