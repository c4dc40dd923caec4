"""On which sides of a mask the object ends, and on which something hides the rest of it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.crops import Crop

BAND = 0.1  # of the mask's extent: the border pixels that make up a side
BESIDE = 4  # pixels from the border, which may be off by some, to what hides the object
NEARER = 0.1  # of the diameter by which that stands before it: more than the ground's slant does
HIDDEN = 0.15  # share of a side's pixels that something hides, from which the side does not end the object


def free_sides(crop: Crop, diameter: float) -> Tensor:
    """(2, 2) bool: left and right, top and bottom of the mask end the object.

    A side does not where the frame ends, or where what is seen beside it stands before it.
    """
    border = crop.mask & _grown(~crop.mask, 1)
    hidden = border & _hidden(crop, NEARER * diameter)
    row, column = border.nonzero().unbind(-1)
    behind = hidden[row, column].float()
    sides = [_share(place, behind) <= HIDDEN for place in (column, -column, row, -row)]
    return torch.stack(sides).view(2, 2)


def _hidden(crop: Crop, nearer: float) -> Tensor:
    """(S, S) bool: pixels with something `nearer` metres or more beside them, or the end of the frame."""
    others = ~crop.mask & (crop.depth > 0)
    depth = torch.where(others, crop.depth, torch.inf).where(crop.inside, -torch.inf)
    nearest = -functional.max_pool2d(-depth[None], 2 * BESIDE + 1, stride=1, padding=BESIDE)[0]
    return (nearest < crop.depth - nearer) | (nearest == -torch.inf)


def _share(place: Tensor, behind: Tensor) -> Tensor:
    """() the mean of `behind` (P,) over the pixels whose `place` (P,) is among the lowest."""
    low, high = place.amin(), place.amax()
    return behind[place <= low + BAND * (high - low)].mean()


def _grown(mask: Tensor, pixels: int) -> Tensor:
    """The mask (S, S) and all within `pixels` of it."""
    return functional.max_pool2d(mask[None].float(), 2 * pixels + 1, stride=1, padding=pixels)[0] > 0
