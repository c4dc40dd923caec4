"""Recordings without pictures worth seeing, and trackers that know the truth and err as they are told."""

from __future__ import annotations

from collections.abc import Callable

import torch

from objpose.frame import Frame
from objpose.geometry import SE3, Camera, Symmetry
from objpose.tracking import Status, TrackState
from objpose.tracking.benchmark import Recording

CAMERA = Camera.from_K(torch.tensor([[20.0, 0, 16], [0, 20, 12], [0, 0, 1]]), 32, 24)
DIAMETER = 0.1


def recording(
    length: int = 40, symmetry: Symmetry | None = None, absent: slice | None = None, seed: int = 0
) -> Recording:
    """A cloud on a smooth path; the picture of frame i says i."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(200, 3, generator=generator) * 0.1 - 0.05
    twists = torch.randn(length, 6, generator=generator).double() * 0.02
    twists[0] = torch.tensor([0.0, 0, 0.6, 0.3, 0.2, 0.1])
    path = SE3.exp(twists.cumsum(0))
    present = torch.ones(length, dtype=torch.bool)
    if absent is not None:
        present[absent] = False
    return Recording(
        "made up", "thing", numbered, path, points, symmetry or Symmetry.none(), DIAMETER, present
    )


def numbered(index: int) -> Frame:
    return Frame(torch.full((24, 32, 3), index, dtype=torch.uint8), CAMERA)


class FakeTracker:
    """Tells the truth moved by `error(frames since it was told the truth)`, a twist (6,) about the object.

    status: of the index of a frame.
    """

    def __init__(
        self,
        recording: Recording,
        error: Callable[[int], list[float]] = lambda age: [0.0] * 6,
        status: Callable[[int], Status] = lambda index: Status.TRACKING,
    ):
        self.recording, self.error, self.status = recording, error, status
        self.frames: list[int] = []
        self.timestamps: list[float] = []
        self.told: list[SE3] = []
        self.age = 0

    def reset(self, name: str, cam_from_obj: SE3) -> None:
        assert name == self.recording.object
        self.told.append(cam_from_obj)
        self.age = 0

    def update(self, frame: Frame, timestamp: float | None = None) -> tuple[TrackState, ...]:
        index = int(frame.rgb[0, 0, 0])
        self.frames.append(index)
        self.timestamps.append(timestamp)
        self.age += len(self.frames) > 1
        moved = SE3.exp(torch.tensor(self.error(self.age), dtype=torch.float64))
        found = self.recording.cam_from_obj[index] @ moved
        return (state(found, self.status(index)),)


def state(found: SE3 | None, status: Status = Status.TRACKING, name: str = "thing") -> TrackState:
    return TrackState(name, status, found, 0.5, None, None, 0.0, "as told", 0.001)
