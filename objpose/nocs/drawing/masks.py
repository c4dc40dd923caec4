"""Masks as segmenters give them: borders that wander, spills into neighbours, bites."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.nocs.drawing.dice import Dice
from objpose.nocs.drawing.surroundings import any_shape, clouds

BORDER, SPILL = 7, 21  # pixels of the windows in which borders wander, and neighbours are taken in


def rough(visible: Tensor, neighbours: Tensor, dice: Dice) -> Tensor:
    """(B, 1, S, S) 0 or 1, of what is visible (B, 1, S, S) and of others that may be taken in."""
    count, side = len(visible), visible.shape[-1]
    near = _window_mean(visible, BORDER)
    wander = dice.uniform(count, 1, 1, 1, high=0.4) * clouds(count, 1, side, 12, dice)
    wander = wander + dice.normal(count, 1, 1, 1, scale=0.15)
    mask = (near + wander * ((near > 0.02) & (near < 0.98)) > 0.5).float()
    around = _window_mean(visible, SPILL)
    level = dice.uniform(count, 1, 1, 1, low=0.1, high=0.5)
    spilled = dice.chance(count, 1, 1, 1, of=0.3) * neighbours * (around > level)
    bitten = dice.chance(count, 1, 1, 1, of=0.2) * any_shape(count, side, 0.35, dice)
    return torch.maximum(mask, spilled) * (1 - bitten)


def _window_mean(planes: Tensor, side: int) -> Tensor:
    """(B, C, S, S) over windows about each pixel, 0 beyond the picture; along rows, then along columns."""
    rows = functional.avg_pool2d(planes, (1, side), 1, (0, side // 2))
    return functional.avg_pool2d(rows, (side, 1), 1, (side // 2, 0))


def boxes(mask: Tensor) -> Tensor:
    """(B, 4) left, top, right, bottom pixels of masks (B, 1, S, S); the whole picture of an empty one."""
    filled = mask[:, 0] > 0.5
    sides = []
    for lines in (filled.any(1), filled.any(2)):  # columns, rows
        first = lines.int().argmax(1)
        last = lines.shape[1] - 1 - lines.flip(1).int().argmax(1)
        sides += [first, last]
    left, right, top, bottom = sides
    return torch.stack([left, top, right, bottom], dim=1).float()
