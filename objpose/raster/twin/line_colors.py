"""Plain-torch twins of the colours on and beside an object."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.raster.constants import COLOR_GAP, COLOR_REACH, RARE_COLOR
from objpose.raster.lines.bundles import Outline
from objpose.raster.twin.line_walk import colors_of, crossings, walk


def count_colors(rgb: Tensor, outline: Outline, cam_from_obj: Tensor, K: Tensor, counts: Tensor) -> None:
    lines = crossings(outline, cam_from_obj, K, rgb.shape[1], rgb.shape[0])
    pixels = walk(lines, 2 * COLOR_REACH)
    color, is_inside = colors_of(rgb, pixels.columns, pixels.rows)
    is_counted = is_inside & lines.is_seen[..., None] & (pixels.distance.abs() >= COLOR_GAP)
    ends = (lines.reach - 1).clamp_max(COLOR_REACH)
    for side, distance in enumerate((-pixels.distance, pixels.distance)):
        chosen = color[is_counted & (distance > 0) & (distance <= ends[..., side, None])]
        counts[side].view(-1).index_add_(0, chosen, torch.ones_like(chosen, dtype=counts.dtype))


def blend_colors(counts: Tensor, rate: float, histograms: Tensor, table: Tensor, smoothed: Tensor) -> float:
    totals = counts.view(2, -1).sum(1)
    for side in (0, 1):
        if totals[side] > 0:
            histograms[side].lerp_(counts[side] / totals[side], rate)
    smoothed.copy_(histograms)
    for axis in (1, 2, 3):
        smoothed.copy_(_smooth(smoothed, axis))
    on, beside = smoothed
    table.copy_((on + RARE_COLOR / 2) / (on + beside + RARE_COLOR))
    return float(1 - (on.double() * beside.double()).sqrt().sum())


def _smooth(values: Tensor, axis: int) -> Tensor:
    """1/4, 1/2, 1/4 along an axis; what would leave it stays at the end."""
    first, last = values.narrow(axis, 0, 1), values.narrow(axis, values.shape[axis] - 1, 1)
    padded = torch.cat([first, values, last], axis)
    before, after = padded.narrow(axis, 0, values.shape[axis]), padded.narrow(axis, 2, values.shape[axis])
    return 0.25 * before + 0.5 * values + 0.25 * after
