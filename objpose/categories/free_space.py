"""Where nothing of a body can be: before what was measured, beside the mask, under the table."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.categories.observation import Observation
from objpose.crops import NEAR, Crop

BLIND = 0.3  # weight beside the mask where no depth was measured: something may hide it


class InTheWay(NamedTuple):
    """Of vertices (B, V, 3), camera frame."""

    off: Tensor  # (B, V) metres that each would have to move; 0 of what may be
    direction: Tensor  # (B, V, 3) of the movement with which that grows
    weight: Tensor  # (B, V)

    def joined(self, other: InTheWay) -> InTheWay:
        """One behind the other, along V."""
        return InTheWay(*(torch.cat(parts, 1) for parts in zip(self, other, strict=True)))


def in_the_way(vertices: Tensor, observation: Observation, slack: float, border: float) -> InTheWay:
    """By what each pixel shows: slack in metres, border in pixels that a mask may be off.

    Within the mask nothing lies before what was measured. Beside it nothing lies but behind something else.
    """
    crop = observation.crop
    camera = crop.camera
    z = vertices[..., 2].clamp_min(NEAR)
    ray = vertices[..., :2] / z[..., None]
    pixel = ray * torch.tensor([camera.fx, camera.fy]) + torch.tensor([camera.cx, camera.cy])
    column, row, inside = _pixels(pixel, crop)
    measured, in_mask = crop.depth[row, column], crop.mask[row, column]
    apart = pixel - observation.nearest[row, column]
    length = apart.norm(dim=-1)
    beside = (length - border).clamp_min(0.0) * 2 * z / (camera.fx + camera.fy)
    outward = apart / length.clamp_min(1e-6)[..., None]
    sideways = torch.cat([outward, -(outward * ray).sum(-1, keepdim=True)], -1)
    before = (measured - slack - z).clamp_min(0.0) * observation.sure[row, column]
    hidden = (measured > 0) & (measured < z - slack)
    weight = torch.where(measured > 0, 1.0, BLIND) * ~hidden * inside
    toward = torch.tensor([0.0, 0.0, -1.0]).expand_as(sideways)
    return InTheWay(
        torch.where(in_mask, before, beside),
        torch.where(in_mask[..., None], toward, sideways),
        torch.where(in_mask, 1.0, weight),
    )


def under(vertices: Tensor, observation: Observation, slack: float) -> InTheWay:
    """By the planes that carry or close off the scene: nothing lies under a table or behind a wall."""
    planes = observation.planes
    if not len(planes):
        nothing = torch.zeros_like(vertices[..., 0])
        return InTheWay(nothing, torch.zeros_like(vertices), nothing)
    height = vertices @ planes[:, :3].mT + planes[:, 3]
    lowest = height.min(-1)
    direction = -planes[:, :3][lowest.indices]
    return InTheWay((-slack - lowest.values).clamp_min(0.0), direction, torch.ones_like(lowest.values))


def _pixels(pixel: Tensor, crop: Crop) -> tuple[Tensor, Tensor, Tensor]:
    """Column and row, clamped into the crop, and whether the frame covers that pixel."""
    column, row = pixel.round().clamp(0, crop.size - 1).long().unbind(-1)
    return column, row, crop.inside[row, column]
