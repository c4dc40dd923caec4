"""What a source of frames hands out, one at a time: plain arrays, the camera and the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jaxtyping import Float32, UInt8
from numpy import ndarray

from objpose.errors import InputError, warn_input
from objpose.geometry import Camera


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame of a source."""

    index: int  # in the source, from 0
    name: str  # the picture's file, or the source's and the index
    timestamp: float  # seconds; only differences mean something
    rgb: UInt8[ndarray, "H W 3"]
    camera: Camera
    depth: Float32[ndarray, "H W"] | None = None  # metres, 0 = missing


class Source(Protocol):
    """Frames in the order in which they were taken, read when they are asked for."""

    @property
    def count(self) -> int | None:
        """How many frames there are, where that is known before they are read."""

    @property
    def is_live(self) -> bool:
        """Whether it is a camera: frames come once, and have no end."""

    def shots(self, start: int = 0, step: int = 1) -> Iterator[Shot]:
        """Frames `start`, `start + step`, ...

        Raises:
            InputError: while reading, for a frame that cannot be read or is of another size than its camera.
        """


def in_time(source: str | Path, shots: Iterable[Shot]) -> Iterator[Shot]:
    """The shots whose times grow; one that is not after the one before it is left out, which is said."""
    newest = float("-inf")
    for shot in shots:
        if shot.timestamp > newest:
            newest = shot.timestamp
            yield shot
        else:
            found = f"frame {shot.index} at {shot.timestamp:.6f} s, the one before at {newest:.6f} s"
            warn_input(source, found, "times that grow", "that frame is left out")


def check_size(name: str | Path, found: tuple[int, int], camera: Camera) -> None:
    """See that a picture (width, height) is of its camera.

    Raises:
        InputError: it is not.
    """
    if found != (camera.width, camera.height):
        raise InputError(
            name,
            f"{found[0]} x {found[1]}",
            f"{camera.width} x {camera.height} as the camera",
            "frames of a source are of one camera: give those of another size by themselves",
        )
