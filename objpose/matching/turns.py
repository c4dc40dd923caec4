"""Turns between the optical axis and a ray."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import SO3


def turn_onto(rays: Tensor) -> SO3:
    """(n,) the least turns that carry the optical axis onto rays (n, 3)."""
    rays = functional.normalize(rays, dim=-1)
    axis = torch.linalg.cross(torch.tensor([0.0, 0.0, 1.0]).expand_as(rays), rays)
    sine = axis.norm(dim=-1, keepdim=True)
    angle = torch.atan2(sine, rays[..., 2:])
    return SO3.exp(axis / sine.clamp_min(1e-9) * angle)
