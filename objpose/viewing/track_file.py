"""states.json of `objpose track`, read back with its objects and its video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io import JsonValue, read_json
from objpose.io.camera_files.entry import camera_of
from objpose.io.frame_sources import Shot
from objpose.io.photo_cameras import read_motion
from objpose.objects import ObjectModel
from objpose.tracking import Status, TrackState
from objpose.viewing.sources import object_records, read_objects

NAME, VIDEO = "states.json", "overlay.mp4"


@dataclass(frozen=True, eq=False)
class TrackedFrame:
    index: int  # of the frame in its source
    timestamp: float  # seconds
    states: tuple[TrackState, ...]  # of the objects, in their order


@dataclass(frozen=True, eq=False)
class TrackResult:
    models: dict[str, ObjectModel]  # by name
    camera: Camera | None  # of the first frame
    frames: list[TrackedFrame]
    video: Path | None  # all frames with what was found drawn into them


def track_inputs(models: Sequence[ObjectModel], given: Sequence[str], first: Shot | None) -> dict:
    """What states.json holds besides the states, so that they can be looked at again.

    given: what each object was called by. first: a frame, for its camera.
    """
    camera = None if first is None else first.camera
    described = (
        None
        if camera is None
        else {"width": camera.width, "height": camera.height, "K": camera.pinhole.K.tolist()}
    )
    return {"objects": object_records(models, given), "camera": described}


def read_track(path: Path) -> TrackResult:
    """What `objpose track` wrote.

    Raises:
        InputError: a file of another kind, one of an earlier version, which does not say what it was made of,
            and objects that are no longer there.
    """
    content = read_json(path)
    if "inputs" not in content:
        expected, cure = "the names of the objects", "run objpose track again, with --replace"
        raise InputError(path, "states without their inputs", expected, cure)
    inputs = content["inputs"]
    models = {source.name: source.load() for source in read_objects(inputs["objects"])}
    frames = [_frame(entry) for entry in content["frames"].items()]
    if not frames:
        raise InputError(path, "no frames", "at least one", "run objpose track again")
    camera = camera_of(inputs["camera"])[0] if "camera" in inputs else None
    video = path.parent / VIDEO
    return TrackResult(models, camera, frames, video if video.is_file() else None)


def _frame(entry: JsonValue) -> TrackedFrame:
    time = entry["timestamp"].number()
    states = tuple(_state(state, time) for state in entry["states"].items())
    return TrackedFrame(entry["frame"].integer(), time, states)


def _state(entry: JsonValue, timestamp: float) -> TrackState:
    """As far as it is shown: without velocity and stats."""
    word = entry["status"].text()
    if word not in set(Status):
        raise InputError(
            entry["status"].place, word, f"one of {', '.join(Status)}", "run objpose track again"
        )
    return TrackState(
        entry["object"].text(),
        Status(word),
        read_motion(entry["cam_from_obj"]) if "cam_from_obj" in entry else None,
        entry["confidence"].number(),
        _covariance(entry),
        None,
        timestamp,
        entry["reason"].text(),
        entry["latency"].number(),
    )


def _covariance(entry: JsonValue) -> Tensor | None:
    """(6, 6), or None where there is none, or one that is not finite."""
    if "covariance" not in entry:
        return None
    rows = entry["covariance"].items()
    is_finite = all(None not in row.value for row in rows if isinstance(row.value, list))
    return torch.tensor([row.numbers(6) for row in rows]) if is_finite else None
