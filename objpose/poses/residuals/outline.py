"""Outline residuals: how far the drawn outline lies from that of the mask."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop, signed_distance
from objpose.geometry import NormalEquations, pixel_rows, upload
from objpose.poses.residuals.posed import Posed
from objpose.robust import tukey

OUTSIDE_WEIGHT = 0.5  # of a drawn outline beyond the mask: something may stand in front of it there


class Outline:
    """Of a crop's mask; the cost is a mean. Drawn outline pixels are pulled to its nearest border.

    Those farther than `reach` pixels from it are left alone: there, the mask is cut by an occluder. The idea
    of contour-based tracking (Drummond, Cipolla: Real-Time Visual Tracking of Complex Structures, PAMI 2002),
    with a distance map in place of searches along normals.
    """

    outputs = ("depth",)

    def __init__(self, crop: Crop, sigma: float, reach: float):
        host, self.sigma, self.reach = crop.on_host, sigma, reach
        # Zero on the mask's own outline pixels, whose middles lie half a pixel within the border.
        distance = (signed_distance(host.mask) + 0.5).float()
        slope = torch.stack(torch.gradient(distance), dim=-1)  # along rows, along columns
        arrays = crop.K, ~host.unsure, crop.camera.rays(), distance, slope
        self.K, self.open, self.rays, self.distance, self.slope = (upload(a, crop.device) for a in arrays)

    def system(self, posed: Posed) -> NormalEquations:
        return self.compared(posed.drawn.depth, posed.pivot)

    def compared(self, depth: Tensor, pivot: Tensor) -> NormalEquations:
        """The same of drawn depth (B, S, S), metres, 0 = empty, and the object's centre (B, 3)."""
        outline = outline_pixels(depth > 0) & self.open
        which, row, column = outline.nonzero().unbind(-1)
        residual = self.distance[row, column] / self.sigma
        down, right = self.slope[row, column].unbind(-1)
        there, rays = depth[which, row, column], self.rays[row, column].T
        along_u, along_v = pixel_rows(self.K, rays, there, there * rays - pivot[which].T)
        jacobian = (right * along_u + down * along_v).T / self.sigma
        loss, weight = tukey(residual.square(), self.reach / self.sigma)
        share = torch.where(residual > 0, OUTSIDE_WEIGHT, 1.0)
        weight = share * weight
        found = outline.sum((1, 2)).to(depth)
        count = found.clamp_min(1)
        normal = summed(weight[:, None, None] * jacobian[:, :, None] * jacobian[:, None], which, len(depth))
        gradient = summed((weight * residual)[:, None] * jacobian, which, len(depth))
        cost = summed(share * loss, which, len(depth))
        # Else a step that leads the object out of the picture would be the best of all.
        cost = torch.where(found > 0, cost / count, (self.reach / self.sigma) ** 2 / 6)
        return NormalEquations(normal / count[:, None, None], gradient / count[:, None], cost)


def outline_pixels(mask: Tensor) -> Tensor:
    """(B, S, S) bool: pixels of masks (B, S, S) with a neighbour, of four, that is not."""
    inner = mask.clone()
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    inner[:, :, 1:] &= mask[:, :, :-1]
    inner[:, :, :-1] &= mask[:, :, 1:]
    return mask & ~inner


def summed(values: Tensor, which: Tensor, count: int) -> Tensor:
    """(count, ...) sums of values (M, ...) by their pose, which (M,)."""
    return values.new_zeros(count, *values.shape[1:]).index_add_(0, which, values)
