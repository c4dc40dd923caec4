"""Outline residuals: how far the drawn outline lies from that of the mask."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop, signed_distance
from objpose.geometry import NormalEquations, upload
from objpose.poses.residuals.posed import Posed
from objpose.raster import MaskBorder, drawn_outline_equations


class Outline:
    """Of a crop's mask; the cost is a mean. Drawn outline pixels are pulled to its nearest border.

    Those farther than `reach` pixels from it are left alone: there, the mask is cut by an occluder. The idea
    of contour-based tracking (Drummond, Cipolla: Real-Time Visual Tracking of Complex Structures, PAMI 2002),
    with a distance map in place of searches along normals.
    """

    outputs = ("depth",)

    def __init__(self, crop: Crop, sigma: float, reach: float):
        host = crop.on_host
        # Zero on the mask's own outline pixels, whose middles lie half a pixel within the border.
        distance = (signed_distance(host.mask) + 0.5).float()
        slope = torch.stack(torch.gradient(distance), dim=-1)  # along rows, along columns
        arrays = distance, slope, ~host.unsure, crop.camera.rays(), crop.K
        distance, slope, counts, rays, K = (upload(array, crop.device) for array in arrays)
        self.border = MaskBorder(distance, slope, counts, rays, K, sigma, reach)

    def system(self, posed: Posed) -> NormalEquations:
        return self.compared(posed.drawn.depth, posed.pivot)

    def compared(self, depth: Tensor, pivot: Tensor) -> NormalEquations:
        """The same of drawn depth (B, S, S), metres, 0 = empty, and the object's centre (B, 3)."""
        return drawn_outline_equations(depth, self.border, pivot)
