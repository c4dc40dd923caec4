"""Videos out: pictures at the times at which they were taken, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np

from objpose.io.atomic import atomic_path

CODEC = "h264"  # what browsers and players show
QUALITY = {"crf": "20", "preset": "veryfast"}
TICKS = 90_000  # a second; MPEG's own clock
NOMINAL_RATE = 30  # frames a second, by which the encoder shares out its bits; times are those given

AddPicture = Callable[[np.ndarray, float], None]


@contextmanager
def video_writer(path: str | os.PathLike, width: int, height: int) -> Iterator[AddPicture]:
    """Give a function that adds a picture ((height, width, 3) uint8 RGB) and its time in seconds to a video.

    Odd sides grow by a repeated row or column, as the codec knows only even ones. The video begins with its
    first picture; a time that is not after the one before is taken as one tick later.

    Raises:
        InputError: the file cannot be written there.
    """
    with atomic_path(path) as temporary, av.open(str(temporary), "w") as container:
        stream = container.add_stream(CODEC, rate=NOMINAL_RATE, options=QUALITY)
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        first: float | None = None
        newest = -1

        def add(picture: np.ndarray, time: float) -> None:
            nonlocal first, newest
            first = time if first is None else first
            newest = max(newest + 1, round((time - first) * TICKS))
            even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
            frame.pts, frame.time_base = newest, Fraction(1, TICKS)
            container.mux(stream.encode(frame))

        yield add
        container.mux(stream.encode(None))
