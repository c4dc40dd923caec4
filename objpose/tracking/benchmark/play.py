"""A recording played to a tracker, frame by frame."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.tracking.benchmark.errors import PoseErrors
from objpose.tracking.benchmark.recording import Recording
from objpose.tracking.state import TrackState


class Follower(Protocol):
    """What is measured: `objpose.Tracker`, or another tracker behind the same two methods."""

    def update(self, frame: Frame, timestamp: float | None = None) -> tuple[TrackState, ...]: ...

    def reset(self, name: str, cam_from_obj: SE3) -> None:
        """The object is there in the frame that was given last."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a tracker said of each frame after the first, in which it was told the truth."""

    recording: Recording
    states: tuple[TrackState, ...]
    errors: tuple[PoseErrors, ...]
    seconds: tuple[float, ...]  # that `update` took
    resets: tuple[int, ...]  # indices of frames at whose end the tracker was told the truth

    @property
    def present(self) -> list[bool]:
        """Whether the object can be seen, of the same frames."""
        return [self.recording.is_present(index + 1) for index in range(len(self.states))]

    @property
    def trusted(self) -> list[bool]:
        return [state.is_trusted for state in self.states]

    @property
    def good(self) -> list[bool]:
        """Frames in which the object is seen and its pose is right."""
        return [error.is_success and seen for error, seen in zip(self.errors, self.present, strict=True)]


def play(tracker: Follower, recording: Recording, reset: bool) -> Run:
    """Follow the object through a recording, from the truth in its first frame.

    reset: whether the tracker is told the truth again after each frame in which it fails (5 cm, 5 degrees):
    RBOT's protocol, Tjaden et al., PAMI 2018. Frames in which the object cannot be seen are no failures.

    Raises:
        InputError: a recording of fewer than two frames, or a tracker that does not know its object.
    """
    if len(recording) < 2:
        raise InputError(recording.name, f"{len(recording)} frames", "at least 2", "give a longer recording")
    judge, truth = recording.judge(), recording.cam_from_obj
    states, errors, seconds, resets = [], [], [], []
    tracker.reset(recording.object, truth[0])
    tracker.update(recording.frame(0), 0.0)
    for index in range(1, len(recording)):
        frame = recording.frame(index)
        start = time.perf_counter()
        told = tracker.update(frame, index / recording.rate)
        seconds.append(time.perf_counter() - start)
        states.append(_of_object(told, recording))
        errors.append(judge(states[-1].cam_from_obj, truth[index]))
        if reset and recording.is_present(index) and not errors[-1].is_success:
            tracker.reset(recording.object, truth[index])
            resets.append(index)
    return Run(recording, tuple(states), tuple(errors), tuple(seconds), tuple(resets))


def _of_object(states: tuple[TrackState, ...], recording: Recording) -> TrackState:
    for state in states:
        if state.object == recording.object:
            return state
    names = ", ".join(state.object for state in states) or "none"
    raise InputError(
        f"tracker for {recording.name}", f"states of {names}", recording.object, "give it the object's model"
    )
