"""The stages of steps by the CUDA core: one thread a pose, csrc/cuda/steps.cu."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.geometry import Descent, NormalEquations
from objpose.raster.cpu.steps import empty_descent
from objpose.raster.cuda import structures
from objpose.raster.cuda.driver import launch_kernel
from objpose.raster.cuda.structures import held


def damped_steps(normal: Tensor, gradient: Tensor, damping: Tensor) -> Tensor:
    out, poses = torch.empty_like(gradient, memory_format=torch.contiguous_format), len(gradient)
    launch_kernel("damped_steps", gradient.device, poses, normal, gradient, damping, poses, out)
    return out


def moved_poses(centre: Tensor, cam_from_obj: Tensor, twist: Tensor) -> Tensor:
    out, poses = torch.empty_like(cam_from_obj, memory_format=torch.contiguous_format), len(cam_from_obj)
    launch_kernel("moved_poses", cam_from_obj.device, poses, centre, cam_from_obj, twist, poses, out)
    return out


def posed_points(point: Tensor, cam_from_obj: Tensor) -> Tensor:
    out, poses = cam_from_obj.new_empty(len(cam_from_obj), 3), len(cam_from_obj)
    launch_kernel("posed_points", cam_from_obj.device, poses, point, cam_from_obj, poses, out)
    return out


def taken_steps(
    here: Descent, trial: Tensor, there: NormalEquations, step: Tensor, tolerance: float
) -> Descent:
    out, poses = empty_descent(here), len(step)
    before = held(structures.PoseSystems, here.params, *here.system)
    after = held(structures.PoseSystems, trial, *there)
    found = held(structures.TakenSteps, out.params, *out.system, out.damping, out.converged, out.accepted)
    steps = (here.damping, here.converged, after, step, ctypes.c_float(tolerance))
    launch_kernel("taken_steps", step.device, poses, before, *steps, poses, found)
    return out
