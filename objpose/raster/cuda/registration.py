"""The stages of registration by the CUDA core: one warp a pose, csrc/cuda/registration.cu."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.cuda import structures
from objpose.raster.cuda.driver import launch_kernel
from objpose.raster.cuda.structures import Argument, held
from objpose.raster.registration.bundles import SurfaceIndex

WARP = 32


def register_points(
    index: SurfaceIndex,
    points: Tensor,
    normals: Tensor,
    cam_from_obj: Tensor,
    steps: int,
    start: float,
    end: float,
) -> Tensor:
    out = torch.empty_like(cam_from_obj, memory_format=torch.contiguous_format)
    reaches = (ctypes.c_int(steps), ctypes.c_float(start), ctypes.c_float(end))
    scene = _scene(index, points, normals, cam_from_obj)
    launch_kernel("register_points", points.device, len(cam_from_obj) * WARP, *scene, *reaches, out)
    return out


def surface_agreement(
    index: SurfaceIndex,
    points: Tensor,
    normals: Tensor,
    cam_from_obj: Tensor,
    most: float,
    similarity: Tensor | None,
) -> Tensor:
    out = cam_from_obj.new_empty(len(cam_from_obj))
    compared = (ctypes.c_float(most), similarity, len(index.points))
    scene = _scene(index, points, normals, cam_from_obj)
    launch_kernel("surface_agreement", points.device, len(cam_from_obj) * WARP, *scene, *compared, out)
    return out


def seen_through(probes: Tensor, depth: Tensor, K: Tensor, cam_from_obj: Tensor, slack: float) -> Tensor:
    out = cam_from_obj.new_empty(len(cam_from_obj))
    height, width = (ctypes.c_int(side) for side in depth.shape)
    view = (depth, K, height, width, ctypes.c_float(slack))
    poses = (probes, len(probes), cam_from_obj, len(cam_from_obj))
    launch_kernel("seen_through", depth.device, len(cam_from_obj) * WARP, *view, *poses, out)
    return out


def _scene(
    index: SurfaceIndex, points: Tensor, normals: Tensor, cam_from_obj: Tensor
) -> tuple[Argument, ...]:
    surface = held(structures.SurfaceIndex, *index)
    return surface, points, normals, len(points), cam_from_obj, len(cam_from_obj)
