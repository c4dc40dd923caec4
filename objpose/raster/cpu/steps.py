"""The stages of steps by the C++ core."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.geometry import Descent, NormalEquations
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


def taken_steps(
    here: Descent, trial: Tensor, there: NormalEquations, step: Tensor, tolerance: float
) -> Descent:
    out = empty_descent(here)
    before, after = (here.params, *here.system, here.damping, here.converged), (trial, *there, step)
    found = (out.params, *out.system, out.damping, out.converged, out.accepted)
    call("objpose_taken_steps", *before, *after, ctypes.c_float(tolerance), len(step), *found)
    return out


def empty_descent(like: Descent) -> Descent:
    def empty(tensor: Tensor) -> Tensor:
        return torch.empty_like(tensor, memory_format=torch.contiguous_format)

    system = NormalEquations(*(empty(part) for part in like.system))
    return Descent(empty(like.params), system, *(empty(part) for part in like[2:]))
