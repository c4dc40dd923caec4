"""Where colours change, where depth jumps, where a mask ends: pictures whose places can be compared."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

REACH = 2  # pixels on each side of an edge that are compared
SMOOTH = 1.5  # pixels: what masks and depth may be off by without harm
JUMP = (0.015, 0.045)  # of the depth: where a step begins to count, and where it is a full edge
HUE = 20.0  # roots of a colour value that a channel's whole share in the brightness is worth
DARK = 60.0  # sum of the channels about which shares are noise
NEARBY = 61  # pixels: colour edges count by how they stand out among those nearby
FAINT = 0.05  # of the root of a colour value, added to the mean nearby: noise is no edge
STRONGEST = 4.0  # times the mean nearby
EMPTY = 0.5  # share of the depth that is there, below which holes are no shadows
BEHIND = 1.5  # times the largest depth
RIM = 6  # pixels at the picture's border that say nothing


def color_edges(rgb: np.ndarray) -> np.ndarray:
    """(H, W) how strongly the colours (H, W, 3) uint8 change at each pixel, against what is usual nearby."""
    smooth = ndimage.gaussian_filter(rgb.astype(np.float32), (1.2, 1.2, 0))
    hue = HUE * smooth / (smooth.sum(-1, keepdims=True) + DARK)
    planes = np.concatenate([np.sqrt(smooth), hue], axis=-1)
    strength = np.sqrt((_step(planes, 0, 1) ** 2 + _step(planes, 1, 1) ** 2).sum(-1))
    strength = _without_rim(strength)
    usual = ndimage.uniform_filter(strength, NEARBY) + FAINT
    return ndimage.gaussian_filter(np.minimum(strength / usual, STRONGEST), SMOOTH)


def depth_edges(depth: np.ndarray) -> np.ndarray:
    """(H, W) from 0 to 1: jumps of a depth (H, W), 0 = missing; its scale does not matter."""
    logs = ndimage.median_filter(np.log(np.maximum(filled(depth), 1e-12)), 3)
    step = np.maximum(*(np.abs(_step(logs, axis, REACH)) for axis in (0, 1)))
    low, full = JUMP
    return ndimage.gaussian_filter(_without_rim(np.clip((step - low) / (full - low), 0, 1)), SMOOTH)


def outline(mask: np.ndarray) -> np.ndarray:
    """(H, W) the border of a mask (H, W) bool without its holes; where the picture ends there is none."""
    whole = ndimage.binary_fill_holes(mask | ndimage.binary_closing(mask, iterations=REACH))
    border = (whole & ~ndimage.binary_erosion(whole, border_value=1)).astype(np.float32)
    return ndimage.gaussian_filter(border, SMOOTH)


def filled(depth: np.ndarray) -> np.ndarray:
    """The depth (H, W) with holes taken for background: they are the shadow that a near edge throws.

    Where most is missing, as of an object drawn alone, the background is behind everything.
    """
    if (depth > 0).mean() < EMPTY:
        return np.where(depth > 0, depth, BEHIND * depth.max())
    across = np.maximum(_carried(depth), _carried(depth[:, ::-1])[:, ::-1])
    rows = np.where(depth > 0, depth, across)
    down = np.maximum(_carried(rows.T).T, _carried(rows.T[:, ::-1])[:, ::-1].T)
    return np.where(rows > 0, rows, down)


def _carried(depth: np.ndarray) -> np.ndarray:
    """Each hole as the last value to its left, 0 where there is none."""
    last = np.maximum.accumulate(np.where(depth > 0, np.arange(depth.shape[1]), -1), axis=1)
    return np.where(last >= 0, np.take_along_axis(depth, np.maximum(last, 0), axis=1), 0)


def _step(values: np.ndarray, axis: int, reach: int) -> np.ndarray:
    return np.roll(values, -reach, axis) - np.roll(values, reach, axis)


def _without_rim(edges: np.ndarray) -> np.ndarray:
    edges[:RIM], edges[-RIM:], edges[:, :RIM], edges[:, -RIM:] = 0, 0, 0, 0
    return edges
