"""Small square pictures of an object, in cells: what templates and cut-outs of a frame have in common."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

SIZE = 24  # cells of a picture's side
WINDOW = 1.1  # diameters that the side spans, or where there is no depth, longer sides of the outline
POOL = 3  # cells of the fine grid along the side of one of the coarse grid


@dataclass(frozen=True, eq=False)
class Cells:
    """N pictures of C = SIZE^2 cells.

    mask: (N, C) float, 1 = object. depth: (N, C) behind the middle of the object, in diameters. color:
    (N, C, 3) of `hue_and_tone`. Both are 0 outside the mask, or None where there is none.
    """

    mask: Tensor
    depth: Tensor | None
    color: Tensor | None

    @staticmethod
    def masked(mask: Tensor, depth: Tensor | None, color: Tensor | None) -> Cells:
        """Pictures from a mask (N, C) bool and values that may hold anything outside it."""
        depth = None if depth is None else torch.where(mask, depth, 0.0)
        color = None if color is None else torch.where(mask[..., None], color, 0.0)
        return Cells(mask.float(), depth, color)

    def __len__(self) -> int:
        return len(self.mask)

    def __getitem__(self, index: Tensor) -> Cells:
        depth, color = (None if part is None else part[index] for part in (self.depth, self.color))
        return Cells(self.mask[index], depth, color)

    @staticmethod
    def pooled(values: Tensor) -> Tensor:
        """(N, C / POOL^2) means of values (N, C) over the cells of the coarse grid."""
        return avg_pool2d(values.reshape(-1, 1, SIZE, SIZE), POOL).flatten(1)

    @cached_property
    def coarse_mask(self) -> Tensor:
        return self.pooled(self.mask)

    @cached_property
    def coarse_depth(self) -> tuple[Tensor, Tensor]:
        """First and second moments of the depth in the coarse cells."""
        assert self.depth is not None  # of those without nobody asks
        return self.pooled(self.depth), self.pooled(self.depth.square())

    @cached_property
    def coarse_hue(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """First and second moments of both channels of hue in the coarse cells."""
        assert self.color is not None
        channels = self.color[..., :2].unbind(-1)
        return tuple((self.pooled(hue), self.pooled(hue.square())) for hue in channels)
