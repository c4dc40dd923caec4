"""Input that a tracker cannot use is named, and nothing is spoiled by it."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.tracking import Status, Tracker, TrackerOptions
from tests.synthetic import onboarded
from tests.tracking.films import film, millimetres, path

ALONE = TrackerOptions(search="never")
MUG, BOX = onboarded("mug"), onboarded("printed_box")
HERE = path("mug")[0]


@pytest.mark.parametrize(
    ("models", "subject"),
    [
        ([], "models"),
        ([MUG, MUG], "models: found names ['mug', 'mug']"),
        ([MUG, replace(BOX, name="mug")], "models: found names"),
        ("mug", "models"),
        (None, "models"),
        ([MUG, 3], "models"),
        (MUG.mesh, "models"),
    ],
)
def test_models_that_are_none_or_the_same(models: Any, subject: str) -> None:
    with pytest.raises(InputError) as raised:
        Tracker(models)
    assert str(raised.value).startswith(subject)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (HERE, "start: found one pose for 2 objects"),
        ({"cup": HERE}, "name: found 'cup'"),
        ({"mug": None}, "start of mug"),
        ({"mug": "here"}, "start of mug"),
        ({"mug": SE3.identity((2,))}, "start of mug"),
        ({"mug": SE3(torch.full((7,), torch.nan))}, "start of mug"),
    ],
)
def test_starts_of_other_objects_and_what_is_no_pose(start: Any, said: str) -> None:
    with pytest.raises(InputError) as raised:
        Tracker([MUG, BOX], start, ALONE)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("start", [3, [1, 2], "there"])
def test_a_start_that_is_nothing(start: Any) -> None:
    with pytest.raises(InputError, match="start of mug"):
        Tracker(MUG, start, ALONE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (TrackerOptions(search="sometimes"), "search: found 'sometimes'"),
        (TrackerOptions(agility=-0.1), "agility: found -0.1"),
        (TrackerOptions(agility=1.5), "agility: found 1.5"),
        (TrackerOptions(agility=float("nan")), "agility: found nan"),
        ({"agilty": 0.5}, "options"),
        ("fast", "options"),
    ],
)
def test_options_out_of_range(options: Any, said: str) -> None:
    with pytest.raises(InputError) as raised:
        Tracker(MUG, HERE, options)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    "frame", [None, np.zeros((240, 320, 3), np.uint8), torch.zeros(240, 320, 3), [1], "0.png"]
)
def test_what_is_no_frame(frame: Any) -> None:
    with Tracker(MUG, HERE, ALONE) as tracker:
        with pytest.raises(InputError, match="frame: found .*expected a Frame"):
            tracker.update(frame)
        assert tracker.latest() == ()
        assert tracker.update(film("mug")[0])[0].is_trusted


def test_times_that_do_not_grow_spoil_nothing() -> None:
    with Tracker(MUG, HERE, ALONE) as tracker:
        tracker.update(film("mug")[0], 10.0)
        before = tracker.latest()
        for time in (10.0, 9.0, float("nan"), None):
            with pytest.raises(InputError, match="timestamp"):
                tracker.update(film("mug")[1], time)
            assert tracker.latest() is before
        (state,) = tracker.update(film("mug")[1], 10.1)
        assert state.is_trusted and state.timestamp == 10.1 and millimetres(state, path("mug")[1]) < 3


@pytest.mark.parametrize("time", ["now", "1.5", [1.0], torch.zeros(2)])
def test_times_that_are_none(time: Any) -> None:
    with Tracker(MUG, HERE, ALONE) as tracker, pytest.raises(InputError, match="timestamp"):
        tracker.update(film("mug")[0], time)


@pytest.mark.parametrize("name", ["cup", "", None, 3])
def test_reset_of_another_object(name: Any) -> None:
    with Tracker(MUG, HERE, ALONE) as tracker:
        with pytest.raises(InputError, match="name: found .*one of mug"):
            tracker.reset(name, HERE)
        with pytest.raises(InputError, match="start of mug"):
            tracker.reset("mug", SE3.identity((3,)))
        assert tracker.update(film("mug")[0])[0].status is Status.TRACKING


def test_a_start_may_be_of_either_precision_or_a_matrix_of_either() -> None:
    for start in (HERE, HERE.to(torch.float64), {"mug": HERE}):
        with Tracker(MUG, start, ALONE) as tracker:
            (state,) = tracker.update(film("mug")[0])
            assert state.is_trusted and millimetres(state, HERE) < 2


def test_the_end_of_a_with_block_ends_its_thread_whatever_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    class Faulty:
        def __init__(self, models: Any, options: Any):
            self.models = models

        def estimate(self, frame: Any) -> Any:
            raise RuntimeError("a fault of the estimator")

    monkeypatch.setattr("objpose.tracking.finding.PoseEstimator", Faulty)
    with pytest.raises(RuntimeError, match="a fault of the estimator"), Tracker(MUG) as tracker:
        while True:
            tracker.update(film("mug")[0])
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("objpose-finder")]


def test_an_estimate_starts_the_object_it_is_of() -> None:
    estimate = SimpleNamespace(object="mug", cam_from_obj=HERE)
    with pytest.raises(InputError, match="start of mug"):  # what only looks like one is none
        Tracker(MUG, estimate, ALONE)
