"""Lamps of rendered sequences, still or moving, and what surfaces look like under them."""

from __future__ import annotations

import numpy as np
import torch
from sensing import Light
from torch import Tensor

GLOSS, SHININESS = 0.12, 24.0  # share and exponent of the highlight (Phong)


def still(frames: int, rng: np.random.Generator) -> list[Light]:
    """One lamp above and behind the camera."""
    direction = _unit(np.array([rng.uniform(-0.6, 0.6), -0.7, -1.2]))
    return [Light(direction, 0.55, np.full(3, 1.15))] * frames


def moving(frames: int, rng: np.random.Generator) -> list[Light]:
    """One that goes round the camera's axis in some 70 frames, brighter and dimmer: RBOT's second variant."""
    start, period = rng.uniform(0, 2 * np.pi), rng.uniform(60, 80)
    angles = start + 2 * np.pi * np.arange(frames) / period
    strength = 1.1 + 0.3 * np.sin(1.7 * angles)
    directions = np.stack([1.3 * np.cos(angles), 1.3 * np.sin(angles), np.full(frames, -0.8)], axis=1)
    return [Light(_unit(way), 0.35, np.full(3, gain)) for way, gain in zip(directions, strength, strict=True)]


def shaded(albedo: Tensor, normals: Tensor, light: Light) -> Tensor:
    """(*, 3) colours of surfaces of (*, 3) albedo and normals, camera frame, seen along the camera's axis."""
    lamp = torch.from_numpy(light.direction).float()
    facing = (normals @ lamp).clamp(min=0)
    mirrored = (2 * facing[..., None] * normals - lamp)[..., 2].neg().clamp(min=0) ** SHININESS
    diffuse = light.ambient + (1 - light.ambient) * facing
    color = albedo * diffuse[..., None] + GLOSS * (mirrored * (facing > 0))[..., None]
    return color * torch.from_numpy(light.gain).float()


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
