"""The stages of steps by the C++ core."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.raster.cpu.library import call


def damped_steps(normal: Tensor, gradient: Tensor, damping: Tensor) -> Tensor:
    out = torch.empty_like(gradient, memory_format=torch.contiguous_format)
    call("objpose_damped_steps", normal, gradient, damping, len(gradient), out)
    return out


def moved_poses(centre: Tensor, cam_from_obj: Tensor, twist: Tensor) -> Tensor:
    out = torch.empty_like(cam_from_obj, memory_format=torch.contiguous_format)
    call("objpose_moved_poses", centre, cam_from_obj, twist, len(cam_from_obj), out)
    return out


def posed_points(point: Tensor, cam_from_obj: Tensor) -> Tensor:
    out = cam_from_obj.new_empty(len(cam_from_obj), 3)
    call("objpose_posed_points", point, cam_from_obj, len(cam_from_obj), out)
    return out
