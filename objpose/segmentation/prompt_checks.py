"""Boxes and points as callers give them, checked against the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from objpose.errors import InputError


def checked_box(box: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """First and past-the-last column and row of the box, clipped to the image."""
    expected = f"x, y, width, height of a box within {size[1]} x {size[0]}"
    if len(box) != 4 or not all(np.isfinite(box)):
        raise InputError("box", list(box), expected, "give four numbers in pixels")
    x, y, width, height = (float(number) for number in box)
    left, right = max(round(x), 0), min(round(x + width), size[1])
    top, bottom = max(round(y), 0), min(round(y + height), size[0])
    if width <= 0 or height <= 0 or left >= right or top >= bottom:
        raise InputError("box", list(box), expected, "give pixels of this very image")
    return left, top, right, bottom


def checked_points(points: np.ndarray | Tensor, size: tuple[int, int]) -> np.ndarray:
    """(N, 2) int column and row."""
    pixels = np.asarray(points, dtype=float)
    expected = f"(N, 2) columns and rows within {size[1]} x {size[0]}"
    if pixels.ndim != 2 or pixels.shape[1] != 2 or not len(pixels):
        raise InputError("points", f"shape {pixels.shape}", expected, "give at least one pixel")
    rounded = np.rint(pixels)
    if not ((rounded >= 0) & (rounded < [size[1], size[0]])).all():
        raise InputError("points", pixels.tolist(), expected, "give pixels of this very image")
    return rounded.astype(int)
