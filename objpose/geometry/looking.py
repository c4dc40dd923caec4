"""Cameras that look at something: where they stand, what they see it with, and turns onto a ray."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant
from objpose.geometry.se3 import SE3
from objpose.geometry.so3 import SO3


def looking_at(centre: Tensor, rotation: SO3, distance: float) -> SE3:
    """cam_from_obj (*,) of cameras turned by `rotation` (*,) that see `centre` on their optical axis.

    centre: (3,) object frame; distance: from it, in its units.
    """
    translation = torch.tensor([0.0, 0.0, distance]) - rotation.apply(centre)
    return SE3.from_rotation_translation(rotation, translation)


def square_K(focal: float, size: int) -> Tensor:
    """(3, 3) of a pinhole of `size` pixels a side whose principal point is its middle."""
    middle = (size - 1) / 2
    return torch.tensor([[focal, 0.0, middle], [0.0, focal, middle], [0.0, 0.0, 1.0]])


def centred_K(low: Tensor, high: Tensor, focal: Tensor, size: int) -> Tensor:
    """(T, 3, 3) of pinholes with what spans `low` to `high` (T, 2), in x/z and y/z, in their middle.

    focal: (T,) pixels; size: pixels of a side.
    """
    K = torch.eye(3).repeat(len(low), 1, 1)
    K[:, 0, 0] = K[:, 1, 1] = focal
    K[:, :2, 2] = (size - 1) / 2 - focal[:, None] * (low + high) / 2
    return K


def turn_onto(rays: Tensor) -> SO3:
    """(n,) the least turns that carry the optical axis onto rays (n, 3)."""
    rays = functional.normalize(rays, dim=-1)
    axis = torch.linalg.cross(constant((0.0, 0.0, 1.0), rays).expand_as(rays), rays)
    sine = axis.norm(dim=-1, keepdim=True)
    angle = torch.atan2(sine, rays[..., 2:])
    return SO3.exp(axis / sine.clamp_min(1e-9) * angle)
