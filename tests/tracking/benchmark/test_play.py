"""Laws of the protocol: who knows the truth succeeds, who drifts is set right just when it fails."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.tracking.benchmark import play
from tests.tracking.benchmark.fakes import FakeTracker, recording, state


def drift(age: int) -> list[float]:
    """Nearly one degree a frame."""
    return [0, 0, 0, 0, 0, math.radians(0.99 * age)]


@pytest.mark.parametrize("reset", [True, False])
def test_the_exact_tracker_never_fails(reset):
    made = recording()
    run = play(FakeTracker(made), made, reset)
    assert all(run.good) and run.resets == () and len(run.states) == len(made) - 1


def test_a_drifting_tracker_is_reset_when_it_leaves_five_degrees():
    made = recording(length=20)
    tracker = FakeTracker(made, drift)
    run = play(tracker, made, reset=True)
    assert run.resets == (6, 12, 18)  # the sixth is the first beyond
    assert [not good for good in run.good] == [index % 6 == 0 for index in range(1, 20)]
    for told, index in zip(tracker.told, (0, *run.resets), strict=True):
        assert (told.wxyz_xyz == made.cam_from_obj[index].wxyz_xyz).all()


def test_without_reset_it_is_left_alone():
    made = recording(length=20)
    tracker = FakeTracker(made, drift)
    run = play(tracker, made, reset=False)
    assert sum(run.good) == 5 and run.resets == () and len(tracker.told) == 1


def test_no_reset_while_the_object_cannot_be_seen():
    made = recording(length=20, absent=slice(3, 10))
    run = play(FakeTracker(made, drift), made, reset=True)
    assert run.resets == (10, 16)
    assert run.good == [index not in (*range(3, 11), 16) for index in range(1, 20)]


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_steps_leave_frames_out_and_keep_their_time(step):
    made = recording(length=13)
    tracker = FakeTracker(made)
    run = play(tracker, made.every(step), reset=True)
    assert tracker.frames == list(range(0, 13, step))
    assert tracker.timestamps == pytest.approx([index / 30 for index in range(0, 13, step)])
    assert all(run.good)


def test_steps_of_what_is_absent():
    assert recording(length=12, absent=slice(4, 8)).every(4).present.tolist() == [True, False, True]


def test_a_tracker_that_finds_nothing_fails_and_is_reset():
    made = recording(length=5)

    class Blind(FakeTracker):
        def update(self, frame, timestamp=None):
            return (replace(super().update(frame, timestamp)[0], cam_from_obj=None),)

    run = play(Blind(made), made, reset=True)
    assert run.resets == (1, 2, 3, 4) and not any(run.good)


def test_the_state_of_the_object_is_taken_among_others():
    made = recording(length=4)

    class OfTwo(FakeTracker):
        def update(self, frame, timestamp=None):
            return (state(SE3.identity(), name="other"), *super().update(frame, timestamp))

    assert all(play(OfTwo(made), made, reset=False).good)


def test_a_tracker_of_another_object_is_refused():
    made = recording(length=4)

    class Other(FakeTracker):
        def update(self, frame, timestamp=None):
            return (state(SE3.identity(), name="other"),)

    with pytest.raises(InputError, match="states of other"):
        play(Other(made), made, reset=False)


def test_too_short_a_recording_is_refused():
    made = recording(length=1)
    with pytest.raises(InputError, match="1 frames"):
        play(FakeTracker(made), made, reset=False)


def test_presence_is_of_every_frame():
    made = recording(length=4)
    with pytest.raises(InputError, match="present"):
        replace(made, present=made.present[:3])
