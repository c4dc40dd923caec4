"""Of the eight pixels around a pixel, and of itself: the greatest, the least. Shifts, for speed."""

from __future__ import annotations

import torch
from torch import Tensor


def greatest_nearby(images: Tensor) -> Tensor:
    """(*, H, W) of numbers or bools (*, H, W); nothing lies beyond the border."""
    for axis in (-1, -2):
        size = images.shape[axis]
        wider = images.clone()
        for start, shifted in ((0, 1), (1, 0)):
            part = wider.narrow(axis, start, size - 1)
            torch.maximum(part, images.narrow(axis, shifted, size - 1), out=part)
        images = wider
    return images
