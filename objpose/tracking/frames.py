"""Frames of a video, of pictures, of a bag or a camera, for `Tracker.update`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from objpose.frame import Frame
from objpose.io.frame_sources import Source, open_source


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
    return frames_of(open_source(path, camera, depth, depth_scale, rate, topic))


def frames_of(source: Source, start: int = 0, step: int = 1) -> Iterator[tuple[Frame, float, str]]:
    """The same of an open source, from frame `start` on and of each `step` frames one."""
    for shot in source.shots(start, step):
        yield Frame(shot.rgb, shot.camera, shot.depth), shot.timestamp, shot.name
