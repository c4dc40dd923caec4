"""What images hold at places given in pixels, and which points a depth image shows."""

from __future__ import annotations

from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant

BEYOND = -9.0  # outside of every image, in the coordinates of grid_sample

Pixels = TypeVar("Pixels", Tensor, np.ndarray)


def resized_pixels(pixels: Pixels, scale: Pixels | float) -> Pixels:
    """Where columns and rows of a picture lie when it is resized by `scale`: pixel centres are integers."""
    return (pixels + 0.5) * scale - 0.5


def bilinear(images: Tensor, pixels: Tensor, beyond: Literal["zeros", "border"] = "zeros") -> Tensor:
    """(N, C, *) values of images (N, C, H, W) at column and row pixels (N, *, 2), between pixel centres.

    beyond: what lies outside the image, zeros or the value at its border. NaN, which a lens gives for rays
    that it does not take in, lies outside.
    """
    height, width = images.shape[-2:]
    grid = ((2 * pixels + 1) / constant((width, height), pixels) - 1).nan_to_num(BEYOND)
    flat = grid.reshape(len(images), 1, -1, 2).to(images)
    found = functional.grid_sample(images, flat, padding_mode=beyond, align_corners=False)
    return found.view(*images.shape[:2], *pixels.shape[1:-1])


def nearest_pixels(pixels: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """(*,) column and row of the nearest pixels to (*, 2), clamped into the image; and if they lie in it.

    NaN lies outside.
    """
    column, row = pixels.nan_to_num(-1.0).clamp(-1, max(height, width)).round().long().unbind(-1)
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return column.clamp(0, width - 1), row.clamp(0, height - 1), inside


def unhidden(points: Tensor, depth: Tensor, K: Tensor, slack: float) -> Tensor:
    """(V, N) bool, the test of the z-buffer: points not covered in their pixel.

    points: (V, N, 3) in the frames of V cameras K (3, 3); depth: (V, H, W) rendered there, 0 = empty; slack:
    how far behind the surface a point may lie, in the units of both.
    """
    pixels = ((points / points[..., 2:]) @ K.mT)[..., :2]
    column, row, inside = nearest_pixels(pixels, *depth.shape[1:])
    surface = depth[torch.arange(len(depth), device=depth.device)[:, None], row, column]
    return inside & (surface > 0) & (points[..., 2] <= surface + slack)
