"""Frames of a video file, decoded one after the other; times are the container's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from objpose.errors import InputError, warn_input
from objpose.geometry import Camera
from objpose.io.camera import read_camera
from objpose.io.frame_sources.shot import Shot, check_size, in_time
from objpose.io.json_file import describe_failure
from objpose.io.orientation import Orientation

VIDEO = "a video (MP4, MOV, AVI, MKV, WebM)"
# EXIF's orientations by the degrees, counter-clockwise, by which a player turns the picture.
TURNS = {0: 1, 90: 8, -90: 6, 180: 3, -180: 3}


class VideoFrames:
    """The frames of a video, upright as a player shows them.

    camera: one camera file for all. Where its size is that of the stored pixels alone, these are not turned,
    which is said. Times are the container's, so that a variable frame rate is respected.

    Raises:
        InputError: missing or unreadable file, no pictures in it, or a camera file that does not fit.
    """

    is_live = False

    def __init__(self, path: Path, camera: Path) -> None:
        self._path = path
        with _opened(path) as container:
            stream = container.streams.video[0]
            first = next(container.decode(stream), None)
            if first is None:
                raise InputError(path, "no frame that can be decoded", VIDEO, "record or convert it again")
            self.count = stream.frames or None
            self._rate = float(stream.average_rate or stream.base_rate or 0)
        self._camera, self._turn = _camera_and_turn(path, camera, first)

    def shots(self, start: int = 0, step: int = 1) -> Iterator[Shot]:
        return in_time(self._path, self._decoded(start, step))

    def _decoded(self, start: int, step: int) -> Iterator[Shot]:
        with _opened(self._path) as container:
            for index, picture in enumerate(container.decode(container.streams.video[0])):
                if index >= start and (index - start) % step == 0:
                    yield self._shot(index, picture)

    def _shot(self, index: int, picture: VideoFrame) -> Shot:
        name = f"{self._path.name}: {index}"
        rgb: np.ndarray = self._turn.upright(picture.to_ndarray(format="rgb24"))
        check_size(name, (rgb.shape[1], rgb.shape[0]), self._camera)
        if picture.time is None and not self._rate:
            cure = "convert it: ffmpeg -i VIDEO -r 30 VIDEO.mp4"
            raise InputError(name, "neither a time nor a frame rate", "a time of each frame", cure)
        time = index / self._rate if picture.time is None else picture.time
        return Shot(index, name, float(time), rgb, self._camera)


def _camera_and_turn(path: Path, camera: Path, first: VideoFrame) -> tuple[Camera, Orientation]:
    """The camera, and what turns the decoded pixels into those that it belongs to."""
    turn = Orientation(TURNS.get(round(first.rotation), 1))
    stored = (first.width, first.height)
    upright = stored[::-1] if turn.swaps_sides else stored
    known = read_camera(camera, upright)[0]
    if (known.width, known.height) == stored != upright:
        warn_input(
            path,
            f"a video to be turned by {-first.rotation:g} degrees, and a camera of {stored[0]} x {stored[1]}",
            f"one of the upright {upright[0]} x {upright[1]}",
            "left as stored: poses are in the frame of that camera, which is not upright",
        )
        return known, Orientation()
    return known, turn


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    """The file, with what FFmpeg says of a damaged one as InputError."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.video:
                raise InputError(path, "no pictures, sound alone", VIDEO, "give the video")
            container.streams.video[0].thread_type = "AUTO"
            yield container
    except (av.FFmpegError, OSError) as error:
        found = describe_failure(path, error) if isinstance(error, OSError) else str(error)
        cure = "check the name; a recording that was cut off has to be repaired or made again"
        raise InputError(path, found, VIDEO, cure) from error
