"""What stands behind an object and before it: cloudy colours, and plain shapes in them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.nocs.drawing.dice import Dice

GRAINS = (3, 9, 40)  # cells along a side, of clouds that lie over each other


def clouds(count: int, channels: int, side: int, cells: int, dice: Dice) -> Tensor:
    """(B, C, S, S) smooth noise of so many cells along a side, of variance about a half."""
    grid = dice.normal(count, channels, cells, cells)
    return functional.interpolate(grid, (side, side), mode="bilinear", align_corners=True)


def any_coat(count: int, side: int, dice: Dice) -> Tensor:
    """(B, 3, S, S) in [0, 1]: a colour, clouded at several scales, in some pictures strongly."""
    coat = dice.uniform(count, 3, 1, 1).expand(-1, -1, side, side)
    for cells in GRAINS:
        strength = dice.chance(count, 1, 1, 1, of=0.6) * dice.spread(count, 1, 1, 1, low=0.02, high=0.5)
        tint = dice.uniform(count, 3, 1, 1, low=0.3, high=1.0)
        coat = coat + strength * tint * clouds(count, 1, side, min(cells, side), dice)
    return coat.clamp(0, 1)


def any_shape(count: int, side: int, largest: float, dice: Dice) -> Tensor:
    """(B, 1, S, S) 0 or 1: a turned ellipse, rectangle or what lies between, anywhere.

    largest: of half the picture's side, how far it reaches from its middle at most.
    """
    line = torch.linspace(-1, 1, side, device=dice.device)
    row, column = torch.meshgrid(line, line, indexing="ij")
    middle = dice.uniform(count, 2, 1, 1, low=-1.0, high=1.0)
    angle = dice.uniform(count, 1, 1, high=torch.pi)
    reach = dice.uniform(count, 2, 1, 1, low=0.08, high=largest)
    power = dice.spread(count, 1, 1, low=1.5, high=12.0)
    x, y = column - middle[:, 0], row - middle[:, 1]
    along, across = angle.cos() * x + angle.sin() * y, angle.cos() * y - angle.sin() * x
    apart = (along / reach[:, 0]).abs() ** power + (across / reach[:, 1]).abs() ** power
    return (apart < 1).float()[:, None]
