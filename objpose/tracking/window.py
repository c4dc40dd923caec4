"""The part of a frame about an object in square cells, and the camera that draws it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from objpose.raster import cell_means
from objpose.tracking.sight import Sight


class Window(NamedTuple):
    """Of S x S cells."""

    seen: Tensor  # (S, S, 3) mean colours in [0, 1]
    inside: Tensor  # (S, S) bool: cells that are wholly in the frame
    K: Tensor  # (3, 3) float32 of a picture of the cells


def window_about(sight: Sight, point: Sequence[float], cell: int, side: int) -> Window:
    """About a point before the camera, metres; cell: pixels along each of `side` x `side` cells."""
    x, y, z = point
    (fx, skew, cx), (_, fy, cy), _ = sight.K.tolist()
    left = round((fx * x + skew * y) / z + cx - cell * side / 2)
    top = round(fy * y / z + cy - cell * side / 2)
    seen, inside = cell_means(sight.rgb, left, top, cell, side)
    return Window(seen, inside, coarser(sight.K, left, top, cell))


def coarser(K: Tensor, left: int, top: int, cell: int) -> Tensor:
    """(3, 3) of a picture whose pixels are cells of so many of K's, from pixel (left, top) on."""
    found = K / cell
    found[0, 2], found[1, 2] = (
        (float(K[i, 2]) - start + 0.5) / cell - 0.5 for i, start in ((0, left), (1, top))
    )
    found[2, 2] = 1.0
    return found
