"""Polygons to masks."""

from __future__ import annotations

import numpy as np

from objpose.errors import InputError

MOST_PIXELS = 2**26
CORNER = 0.5  # COCO's corners lie on the pixels' borders: the centre of the first pixel is at (0.5, 0.5)


def fill_polygons(
    polygons: list[np.ndarray], width: int, height: int, name: object = "polygons"
) -> np.ndarray:
    """(H, W) bool: the pixels whose centre lies in one of the polygons, each (n, 2) x, y as COCO counts.

    A polygon that crosses itself is filled where it winds an odd number of times. `name` is what a refusal
    calls them.

    Raises:
        InputError: a size that no picture has.
    """
    if not (width > 0 and height > 0 and width * height <= MOST_PIXELS):
        raise InputError(name, f"a picture of {width} x {height}", "its size", "correct the file")
    mask = np.zeros((height, width), bool)
    for corners in polygons:
        mask |= _fill(np.asarray(corners, float) - CORNER, width, height)
    return mask


def _fill(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """Each edge flips, in the rows it spans, all pixels from its crossing on."""
    flips = np.zeros((height, width + 1), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        low, high = sorted((y0, y1))
        first, last = (int(np.clip(np.ceil(y), 0, height)) for y in (low, high))
        if first >= last:
            continue
        rows = np.arange(first, last)
        crossings = x0 + (rows - y0) * ((x1 - x0) / (y1 - y0))
        columns = np.clip(np.ceil(crossings), 0, width).astype(int)
        flips[rows, columns] ^= True
    return np.logical_xor.accumulate(flips, axis=1)[:, :width]
