"""The colours of an object and of what lies beside its outline."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.raster import Outline, blend_colors, count_colors
from objpose.raster.lines.bundles import empty_histograms


class Colours:
    """Colour histograms that follow the light, and what they say of a colour.

    table: (32, 32, 32) the chance that a colour is the object's, 1/2 where nothing is known.
    contrast: how well the two differ, 0 to 1 (1 less the Bhattacharyya coefficient).
    """

    def __init__(self) -> None:
        self.histograms = empty_histograms()
        self.table = torch.full(self.histograms.shape[1:], 0.5)
        self.contrast = 0.0
        self.is_known = False
        self._scratch = empty_histograms()
        self._counts = torch.zeros(self.histograms.shape, dtype=torch.int32)

    def learn(self, rgb: Tensor, outline: Outline, cam_from_obj: Tensor, K: Tensor, rate: float) -> None:
        """Take in the colours beside the outlines of poses (B, 7) in a frame (H, W, 3) uint8.

        rate: the share of what is new; the first time there is nothing else.
        """
        self._counts.zero_()
        count_colors(rgb, outline, cam_from_obj, K, self._counts)
        rate = rate if self.is_known else 1.0
        self.contrast = blend_colors(self._counts, rate, self.histograms, self.table, self._scratch)
        self.is_known = True

    def forget(self) -> None:
        """Know nothing again: the object is elsewhere, before another background."""
        self.histograms.zero_()
        self.table.fill_(0.5)
        self.contrast, self.is_known = 0.0, False
