"""An object among what is behind and before it, photographed, and cut out as a mask's box tells."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from objpose.nocs.drawing.dice import Dice
from objpose.nocs.drawing.faults import photographed
from objpose.nocs.drawing.light import lit
from objpose.nocs.drawing.masks import boxes, rough
from objpose.nocs.drawing.surroundings import any_coat, any_shape
from objpose.nocs.view import FILL

BEHIND, BEFORE = 2, 2  # shapes at most
HIDDEN = 0.4  # of pictures that a shape stands before something in
LARGEST = 0.9  # of half a picture: how far shapes reach


class Surface(NamedTuple):
    """What B pictures of an object alone show, S pixels a side; 0 where it is not."""

    mask: Tensor  # (B, 1, S, S) 0 or 1
    coordinates: Tensor  # (B, 3, S, S) normalised
    normals: Tensor  # (B, 3, S, S) camera frame, towards the camera
    albedo: Tensor  # (B, 3, S, S) in [0, 1]


class Scene(NamedTuple):
    picture: Tensor  # (B, 3, S, S) in [0, 1]
    mask: Tensor  # (B, 1, S, S) 0 or 1: as a segmenter gives it
    visible: Tensor  # (B, 1, S, S) 0 or 1: the object's pixels
    coordinates: Tensor  # (B, 3, S, S) normalised


def composed(surface: Surface, dice: Dice) -> Scene:
    count, side = len(surface.mask), surface.mask.shape[-1]
    light, others = any_coat(count, side, dice), torch.zeros_like(surface.mask)
    for _ in range(BEHIND):
        shape = any_shape(count, side, LARGEST, dice) * dice.chance(count, 1, 1, 1, of=0.7)
        light, others = light.lerp(any_coat(count, side, dice), shape), torch.maximum(others, shape)
    light = light.lerp(lit(surface.albedo, surface.normals, dice), surface.mask)
    before = torch.zeros_like(surface.mask)
    for _ in range(BEFORE):
        shape = any_shape(count, side, LARGEST, dice) * dice.chance(count, 1, 1, 1, of=HIDDEN)
        light, before = light.lerp(any_coat(count, side, dice), shape), torch.maximum(before, shape)
    visible = surface.mask * (1 - before)
    mask = rough(visible, torch.maximum(others, before) * (1 - visible), dice)
    return Scene(photographed(light, dice), mask, visible, surface.coordinates)


def crop_grid(mask: Tensor, dice: Dice) -> Tensor:
    """(B, 2, 3) for `affine_grid`: onto the boxes of masks (B, 1, S, S), which are never met exactly."""
    count, side = len(mask), mask.shape[-1]
    low, high = boxes(mask).split([2, 2], dim=1)
    span = (high - low + 1).amax(1, keepdim=True) * dice.uniform(count, 1, low=0.92, high=1.1)
    middle = (low + high) / 2 + 0.04 * span * dice.uniform(count, 2, low=-1.0, high=1.0)
    scale = (span / (FILL * side))[:, :, None] * torch.eye(2, device=mask.device)
    return torch.cat([scale, ((2 * middle + 1) / side - 1)[..., None]], dim=2)


def smooth(planes: Tensor, grid: Tensor, size: int) -> Tensor:
    """(B, C, size, size) of planes (B, C, S, S), between pixels; beyond the picture as at its border."""
    places = functional.affine_grid(grid, [len(planes), 1, size, size], align_corners=False)
    return functional.grid_sample(planes, places, padding_mode="border", align_corners=False)


def surface_points(coordinates: Tensor, visible: Tensor, grid: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """(B, 3, size, size) coordinates between pixels of the object alone; (B, 1, size, size) where it is."""
    both = smooth(torch.cat([coordinates * visible, visible], dim=1), grid, size)
    share = both[:, 3:]
    seen = (share > 0.5).float()
    return both[:, :3] / share.clamp_min(0.5) * seen, seen
