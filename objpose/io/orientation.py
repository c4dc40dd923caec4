"""EXIF orientation: how a photo was held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UPRIGHT = 1
EXIF_TAG = 0x0112


@dataclass(frozen=True)
class Orientation:
    """EXIF's orientation, 1 to 8: what turns the stored pixels upright."""

    value: int = UPRIGHT

    @property
    def swaps_sides(self) -> bool:
        """True for quarter turns: width and height change places."""
        return self.value >= 5

    def upright(self, stored: np.ndarray) -> np.ndarray:
        """(H, W, ...) as stored, turned upright: a copy, or the array itself where nothing is to be done."""
        array = stored.swapaxes(0, 1) if self.swaps_sides else stored
        array = array[::-1] if self.value in (3, 4, 7, 8) else array
        array = array[:, ::-1] if self.value in (2, 3, 6, 7) else array
        return stored if self.value == UPRIGHT else np.ascontiguousarray(array)

    def stored(self, upright: np.ndarray) -> np.ndarray:
        """The way back."""
        array = upright[:, ::-1] if self.value in (2, 3, 6, 7) else upright
        array = array[::-1] if self.value in (3, 4, 7, 8) else array
        array = array.swapaxes(0, 1) if self.swaps_sides else array
        return upright if self.value == UPRIGHT else np.ascontiguousarray(array)

    def __str__(self) -> str:
        return f"EXIF orientation {self.value}"
