"""What may hide an object: the masks of other things in the same frame."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from scipy import ndimage
from torch import Tensor

from objpose.crops.mask import mask_box

SAME = 0.5  # of the smaller mask: two that share more are of one thing under two names
GAP = 0.06  # of the root of the mask's area: rough masks of neighbours leave as much between them


def covered_by(mask: Tensor, others: Iterable[Tensor]) -> Tensor | None:
    """(H, W) bool: pixels beyond a mask (H, W) that others claim; None where none does.

    They are widened until they meet the mask, or neighbours would seem to stand apart. Masks that are mostly
    this one are taken for its own.
    """
    union = torch.zeros_like(mask)
    for other in others:
        shared = int((mask & other).sum())
        if shared < SAME * min(int(mask.sum()), int(other.sum())):
            union |= other
    gap = GAP * float(mask.sum()) ** 0.5
    union &= ~mask
    return _widened(union, gap) & ~mask if bool(union.any()) else None


def _widened(mask: Tensor, distance: float) -> Tensor:
    """The mask (H, W) and what is at most `distance` pixels from it."""
    margin = int(distance) + 1
    low, high = mask_box(mask)
    left, top = (low - margin).clamp_min(0).tolist()
    right, bottom = (high + margin + 1).tolist()
    part = mask[top:bottom, left:right]
    near = torch.from_numpy(ndimage.distance_transform_edt(~part.numpy()) <= distance)
    grown = mask.clone()
    grown[top:bottom, left:right] = near
    return grown
