"""Whole pictures are looked at in a thread that no frame waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest
import torch

from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimate
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.tracking.finding import LEAST, Finder, Found
from tests.synthetic import CAMERA, HEIGHT, WIDTH

NAMES = ("cup", "pen")
Estimate = SimpleNamespace  # what of a PoseEstimate a finder looks at


class ToldEstimator:
    """Sees of each object, in a frame of one grey, a good place and a poor one, and waits to be let go."""

    begun: list[tuple[int, tuple[str, ...], str]] = []
    let_go = threading.Event()

    def __init__(self, models: Sequence[ObjectModel], options: EstimatorOptions):
        self.names, self.seed = tuple(model.name for model in models), options.seed

    def estimate(self, frame: Frame) -> list[PoseEstimate]:
        grey = int(frame.rgb[0, 0, 0])
        ToldEstimator.begun.append((grey, self.names, threading.current_thread().name))
        assert ToldEstimator.let_go.wait(10)
        if grey == 0:
            raise InputError("rgb", "all black", "a picture", "lift the cap")
        if grey == 13:
            raise RuntimeError("a fault of the estimator")
        good = [Estimate(object=name, confidence=0.9, seed=self.seed) for name in self.names]
        return [*good, *[Estimate(object=name, confidence=LEAST / 2) for name in self.names]]


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Finder]:
    monkeypatch.setattr("objpose.tracking.finding.PoseEstimator", ToldEstimator)
    ToldEstimator.begun.clear()
    ToldEstimator.let_go.set()
    found = Finder([SimpleNamespace(name=name) for name in NAMES], seed=5)
    yield found
    ToldEstimator.let_go.set()
    found.close()


def frame(grey: int) -> Frame:
    return Frame(torch.full((HEIGHT, WIDTH, 3), grey, dtype=torch.uint8), CAMERA)


def waited_for(finder: Finder) -> Found:
    """Its answer; what its look raises is raised."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = finder.answer()
        if found is not None:
            return found
        time.sleep(0.001)
    raise AssertionError("no answer")


def test_at_once_the_likely_places_of_those_asked_for(finder: Finder) -> None:
    found = finder.look(frame(7), ["pen"])
    assert list(found.estimates) == ["pen"] and found.refused == ""
    assert [(one.object, one.confidence, one.seed) for one in found.estimates["pen"]] == [("pen", 0.9, 5)]
    assert ToldEstimator.begun == [(7, ("pen",), threading.current_thread().name)]


def test_an_answer_is_given_once(finder: Finder) -> None:
    assert finder.answer() is None
    finder.ask(frame(7), NAMES)
    found = waited_for(finder)
    assert set(found.estimates) == set(NAMES)
    assert finder.answer() is None


def test_no_frame_waits(finder: Finder) -> None:
    """Those that come while one is looked at are let go by, and what is asked next is of the newest."""
    ToldEstimator.let_go.clear()
    for grey in (1, 2, 3):
        finder.ask(frame(grey), ["cup"])
        assert finder.answer() is None
    ToldEstimator.let_go.set()
    waited_for(finder)
    finder.ask(frame(4), NAMES)
    waited_for(finder)
    assert [(grey, names) for grey, names, _ in ToldEstimator.begun] == [(1, ("cup",)), (4, NAMES)]
    assert all(name != threading.current_thread().name for _, _, name in ToldEstimator.begun)


def test_a_frame_that_is_refused_is_an_answer_that_says_why(finder: Finder) -> None:
    finder.ask(frame(0), NAMES)
    for found in (finder.look(frame(0), NAMES), waited_for(finder)):
        assert found.estimates == {"cup": [], "pen": []}
        assert found.refused.startswith("rgb: found all black")


def test_a_fault_in_the_thread_is_raised_to_who_asks_and_ends_nothing(finder: Finder) -> None:
    finder.ask(frame(13), NAMES)
    with pytest.raises(RuntimeError, match="a fault of the estimator"):
        waited_for(finder)
    assert finder.answer() is None
    finder.ask(frame(7), NAMES)
    assert waited_for(finder).estimates["cup"]


def test_close_ends_the_thread_and_waits_for_its_look(finder: Finder) -> None:
    ToldEstimator.let_go.clear()
    finder.ask(frame(7), NAMES)
    threading.Timer(0.05, ToldEstimator.let_go.set).start()
    finder.close()
    assert ToldEstimator.let_go.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("objpose-finder")]
    finder.close()  # twice is as good as once
