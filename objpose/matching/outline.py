"""Outline residuals: how far the rendered outline lies from that of the mask."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from objpose.comparison import Crop, System, pixel_rows

OUTSIDE_WEIGHT = 0.5  # of a rendered outline beyond the mask: something may stand in front of it there


class Outline:
    """Of a crop's mask. Rendered outline pixels are drawn to the nearest border of the mask.

    Those farther than `reach` pixels from it are left alone: there, the mask is cut by an occluder. The idea
    of contour-based tracking (Drummond, Cipolla: Real-Time Visual Tracking of Complex Structures, PAMI 2002),
    with a distance map in place of searches along normals.
    """

    def __init__(self, crop: Crop, sigma: float, reach: float):
        self.K, self.inside, self.sigma, self.reach = crop.K, crop.inside, sigma, reach
        self.rays = crop.camera.rays()
        self.distance = _signed_distance(crop.mask)
        self.slope = torch.stack(torch.gradient(self.distance), dim=-1)  # along rows, along columns

    def system(self, depth: Tensor, pivot: Tensor) -> System:
        """Normal equations of B poses, for twists about the object's centre; the cost is a mean.

        depth: (B, S, S) rendered, metres, 0 = empty; pivot: (B, 3) the object's centre, camera frame.
        """
        pose, row, column = (_outline(depth > 0) & self.inside).nonzero().unbind(-1)
        residual = self.distance[row, column] / self.sigma
        down, right = self.slope[row, column].unbind(-1)
        there = depth[pose, row, column]
        rays = self.rays[row, column]
        along_u, along_v = pixel_rows(self.K, rays, there, there[:, None] * rays - pivot[pose])
        jacobian = (right[:, None] * along_u + down[:, None] * along_v) / self.sigma
        limit = self.reach / self.sigma
        inside = (1 - (residual / limit).square()).clamp_min(0.0)
        share = torch.where(residual > 0, OUTSIDE_WEIGHT, 1.0)
        weight = share * inside.square()
        found = torch.bincount(pose, minlength=len(depth)).to(depth)
        count = found.clamp_min(1)
        normal = _summed(weight[:, None, None] * jacobian[:, :, None] * jacobian[:, None], pose, len(depth))
        gradient = _summed((weight * residual)[:, None] * jacobian, pose, len(depth))
        worst = limit**2 / 3
        cost = _summed(share * worst * (1 - inside**3), pose, len(depth))
        # Else a step that leads the object out of the picture would be the best of all.
        cost = torch.where(found > 0, cost / count, worst)
        return System(normal / count[:, None, None], gradient / count[:, None], cost)


def _outline(mask: Tensor) -> Tensor:
    """(B, S, S) bool: pixels of masks (B, S, S) with a neighbour, of four, that is not."""
    inner = mask.clone()
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    inner[:, :, 1:] &= mask[:, :, :-1]
    inner[:, :, :-1] &= mask[:, :, 1:]
    return mask & ~inner


def _signed_distance(mask: Tensor) -> Tensor:
    """(S, S) pixels from the mask's own outline pixels: 0 on them, positive outside, negative within."""
    outside = ndimage.distance_transform_edt(~mask.numpy())
    within = ndimage.distance_transform_edt(mask.numpy())
    return torch.from_numpy(np.where(mask.numpy(), 1 - within, outside).astype(np.float32))


def _summed(values: Tensor, pose: Tensor, count: int) -> Tensor:
    """(count, ...) sums of values (M, ...) by pose (M,)."""
    return values.new_zeros(count, *values.shape[1:]).index_add_(0, pose, values)
