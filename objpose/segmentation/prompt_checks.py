"""Boxes and points as callers give them, checked against the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from objpose.errors import InputError, warn_input
from objpose.given import as_numbers, described

Pixels = np.ndarray | Tensor | Sequence[Sequence[float]]

RELATIVE = "give pixels: shares of the image times its width and height"
MOSTLY = 0.5  # of a box, that should lie in the image
ROUNDING = 2.0  # pixels by which a box may leave the image and still be taken as it is


def checked_box(box: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """First and past-the-last column and row of the box, clipped to the image.

    A box that reaches out of the image and would lie within it if it were two corners is refused: either may
    be meant. One of which less than half lies within is warned of.
    """
    expected = f"x, y, width, height of a box within {size[1]} x {size[0]}"
    numbers = as_numbers(box)
    if numbers is None or numbers.shape != (4,) or not np.isfinite(numbers).all():
        raise InputError("box", described(box), expected, "give four numbers in pixels")
    x, y, width, height = numbers.tolist()
    if _is_relative(numbers):
        raise InputError("box", described(box), expected, RELATIVE)
    left, right = max(round(x), 0), min(round(x + width), size[1])
    top, bottom = max(round(y), 0), min(round(y + height), size[0])
    if _may_be_corners(x, y, width, height, size):
        corners = f"{x:g},{y:g},{width - x:g},{height - y:g}"
        cure = f"give {corners} if these are two corners, else {left},{top},{right - left},{bottom - top}"
        raise InputError("box", described(box), expected, cure)
    if width <= 0 or height <= 0 or left >= right or top >= bottom:
        raise InputError("box", described(box), expected, "give pixels of this very image")
    if (right - left) * (bottom - top) < MOSTLY * width * height:
        cut = f"cut to {left},{top},{right - left},{bottom - top}; check that it is no two corners"
        warn_input("box", f"{described(box)}, mostly off the image", expected, cut)
    return left, top, right, bottom


def _is_relative(numbers: np.ndarray) -> bool:
    """Whether these are shares of the image, as YOLO writes them, rather than pixels."""
    return bool(((numbers >= 0) & (numbers <= 1)).all() and (numbers != np.rint(numbers)).any())


def _may_be_corners(x: float, y: float, width: float, height: float, size: tuple[int, int]) -> bool:
    """Whether the numbers leave the image as x, y, width, height and stay in it as x, y, x, y."""
    reaches_out = x + width > size[1] + ROUNDING or y + height > size[0] + ROUNDING
    fits = 0 <= x < width <= size[1] + ROUNDING and 0 <= y < height <= size[0] + ROUNDING
    return reaches_out and fits


def checked_points(points: Pixels, size: tuple[int, int]) -> np.ndarray:
    """(N, 2) int column and row."""
    pixels, expected = as_numbers(points), f"(N, 2) columns and rows within {size[1]} x {size[0]}"
    if pixels is None:
        raise InputError("points", described(points), expected, "give an array of pixels")
    pixels = pixels[None] if pixels.shape == (2,) else pixels
    if pixels.ndim != 2 or pixels.shape[1] != 2 or not len(pixels):
        raise InputError("points", f"shape {pixels.shape}", expected, "give at least one pixel")
    if _is_relative(pixels):
        raise InputError("points", pixels.tolist(), expected, RELATIVE)
    rounded = np.rint(pixels)
    if not ((rounded >= 0) & (rounded < [size[1], size[0]])).all():
        raise InputError("points", pixels.tolist(), expected, "give pixels of this very image")
    return rounded.astype(int)
