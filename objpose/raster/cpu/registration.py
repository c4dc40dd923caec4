"""The stages of registration by the C++ core."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.cpu.library import call, threads
from objpose.raster.registration.bundles import SurfaceIndex


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
    reaches = (steps, ctypes.c_float(start), ctypes.c_float(end))
    scene = _scene(index, points, normals, cam_from_obj)
    call("objpose_register_points", *scene, *reaches, threads(), out)
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
    call("objpose_surface_agreement", *scene, *compared, threads(), out)
    return out


def seen_through(probes: Tensor, depth: Tensor, K: Tensor, cam_from_obj: Tensor, slack: float) -> Tensor:
    out = cam_from_obj.new_empty(len(cam_from_obj))
    poses = (probes, len(probes), cam_from_obj, len(cam_from_obj))
    call("objpose_seen_through", depth, *depth.shape, K, *poses, ctypes.c_float(slack), threads(), out)
    return out


def _scene(
    index: SurfaceIndex, points: Tensor, normals: Tensor, cam_from_obj: Tensor
) -> tuple[Tensor | int, ...]:
    grid = torch.tensor([*index.origin, index.cell, *index.last, *index.centre, index.diameter])
    scene = (points, normals, len(points), cam_from_obj, len(cam_from_obj))
    return index.points, index.closest, index.behind, grid, *scene
