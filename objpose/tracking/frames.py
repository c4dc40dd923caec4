"""Frames of a video, of pictures, of a bag or a camera, for `Tracker.update`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.io.frame_sources import Shot, open_source


def read_frames(
    path: str | os.PathLike,
    camera: str | os.PathLike | None = None,
    depth: str | os.PathLike | None = None,
    depth_scale: float | None = None,
    rate: float | None = None,
    topic: str | None = None,
) -> Iterator[tuple[Frame, float, str]]:
    """(frame, timestamp in seconds, name) of each frame of a source, read one at a time.

    The arguments are those of `objpose.io.frame_sources.open_source`, and so are the errors. The path is
    looked at now, frames are read as they are asked for.
    """
    source = open_source(path, camera, depth, depth_scale, rate, topic)
    return ((frame_of(shot), shot.timestamp, shot.name) for shot in source.shots())


def frame_of(shot: Shot) -> Frame:
    """The frame of one shot.

    Depth that is missing everywhere, as behind a hand on the lens, is left out: a video goes on.

    Raises:
        InputError: as of `Frame`, with the shot's name.
    """
    depth = shot.depth if shot.depth is not None and shot.depth.any() else None
    try:
        return Frame(shot.rgb, shot.camera, depth)
    except InputError as error:
        raise InputError(f"{shot.name}: {error.subject}", error.found, error.expected, error.cure) from error
