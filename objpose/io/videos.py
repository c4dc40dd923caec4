"""Videos of what was found: written whole or not at all, and looked up by time again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np

from objpose.errors import InputError
from objpose.io.atomic import atomic_path

CODEC = "h264"  # what browsers and players show
QUALITY = {"crf": "20", "preset": "veryfast"}
TICKS = 90_000  # a second; MPEG's own clock
HALF_TICK = 0.5 / TICKS  # seconds
NEAR = 0.5  # seconds ahead up to which it is quicker to decode on than to search
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


class VideoPictures:
    """The pictures of such a video, by the seconds since its first; the next is found without a search."""

    def __init__(self, path: str | os.PathLike) -> None:
        """Raises InputError for a file that is no video."""
        try:
            self._container = av.open(str(path))
            self._stream = self._container.streams.video[0]
        except (av.FFmpegError, OSError, IndexError) as error:
            raise InputError(path, str(error), "a video of objpose track", "run it again") from error
        self._decoded = self._container.decode(self._stream)
        self._newest: av.VideoFrame | None = None

    def at(self, seconds: float) -> np.ndarray:
        """(H, W, 3) uint8 RGB, the first picture that is not before `seconds`, else the last."""
        frame = self._newest
        if frame is None or seconds < frame.time - HALF_TICK or seconds > frame.time + NEAR:
            self._container.seek(max(0, round(seconds * av.time_base)))
            self._decoded, frame = self._container.decode(self._stream), None
        while frame is None or frame.time < seconds - HALF_TICK:
            following = next(self._decoded, None)
            if following is None:
                break
            frame = following
        if frame is None:
            raise InputError(self._container.name, "no picture", "a video of objpose track", "run it again")
        self._newest = frame
        return frame.to_ndarray(format="rgb24")

    def close(self) -> None:
        self._container.close()
