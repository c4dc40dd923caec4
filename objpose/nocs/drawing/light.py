"""Surfaces under lamps: what comes from them to the camera."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import constant
from objpose.nocs.drawing.dice import Dice
from objpose.nocs.drawing.surroundings import clouds

LAMPS = 2


def lit(albedo: Tensor, normals: Tensor, dice: Dice) -> Tensor:
    """(B, 3, S, S) light from albedo (B, 3, S, S), normals (B, 3, S, S) towards the camera.

    Some light from everywhere, two lamps, gloss, and the edge of a shadow.
    """
    count, side = len(albedo), albedo.shape[-1]
    ambient = dice.uniform(count, 1, 1, 1, low=0.25, high=0.9)
    light, shine = ambient.expand(-1, 1, side, side), torch.zeros_like(ambient)
    gloss = dice.chance(count, 1, 1, 1, of=0.5) * dice.spread(count, 1, 1, 1, low=0.05, high=0.6)
    sharpness = dice.spread(count, 1, 1, 1, low=8.0, high=80.0)
    for _ in range(LAMPS):
        lamp = dice.normal(count, 3) * constant((1.0, 1.0, 0.5), ambient)
        lamp = functional.normalize(lamp - constant((0.0, 0.4, 0.8), ambient), dim=1)  # above the camera
        half = functional.normalize(lamp - constant((0.0, 0.0, 1.0), ambient), dim=1)
        share = dice.uniform(count, 1, 1, 1) * _shadow(count, side, dice)
        facing, mirrored = (
            torch.einsum("bc,bchw->bhw", direction, normals).clamp_min(0)[:, None]
            for direction in (lamp, half)
        )
        light = light + (1 - ambient) * 1.4 * share * facing
        shine = shine + gloss * share * mirrored**sharpness
    return albedo * light + shine


def _shadow(count: int, side: int, dice: Dice) -> Tensor:
    """(B, 1, S, S) in [0, 1]: in some pictures a lamp is taken away here and there."""
    dark = dice.chance(count, 1, 1, 1, of=0.4) * dice.uniform(count, 1, 1, 1)
    sharpness = dice.spread(count, 1, 1, 1, low=2.0, high=30.0)
    return 1 - dark * torch.sigmoid(sharpness * clouds(count, 1, side, 3, dice))
