"""Crops as Pose-Net takes them, and where its pixels lie in them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SIZE = 96  # pixels of a crop's side
STRIDE = 2  # pixels of a crop between those of an answer
FILL = 0.8  # of a crop's side, that the longer side of the mask's box spans
RIM = 9  # pixels: the window in which what is beside a mask is shown; farther off all is grey


def network_input(rgb: Tensor, mask: Tensor) -> Tensor:
    """(B, 4, S, S) of colours (B, 3, S, S) in [0, 1] and masks (B, 1, S, S), 0 or 1.

    A mask's border is off by pixels, so that a rim beside it is shown too; what is around that is of no use.
    """
    rows = functional.max_pool2d(mask, (1, RIM), 1, (0, RIM // 2))
    shown = functional.max_pool2d(rows, (RIM, 1), 1, (RIM // 2, 0))
    return torch.cat([(2 * rgb - 1) * shown, mask], dim=1)


def answer_pixels(size: int) -> Tensor:
    """(h, w, 2) column and row, in a crop of `size` pixels a side, of the pixels of an answer."""
    places = STRIDE * torch.arange(size // STRIDE) + (STRIDE - 1) / 2
    row, column = torch.meshgrid(places, places, indexing="ij")
    return torch.stack([column, row], dim=-1)
