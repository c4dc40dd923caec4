"""The stages of drawn images by the CUDA core: one block a pose, csrc/cuda/drawn.cu."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster.constants import SHAPE_COUNTS
from objpose.raster.cpu.drawn import empty_equations
from objpose.raster.cuda import structures
from objpose.raster.cuda.driver import BLOCK, launch_kernel
from objpose.raster.cuda.structures import held
from objpose.raster.drawn.bundles import (
    MaskBorder,
    MeasuredDepth,
    PictureEdges,
    Pixels,
    SeenColors,
    SeenShape,
)


def drawn_depth_equations(
    depth: Tensor, normals: Tensor, pixels: Pixels, measured: MeasuredDepth, pivot: Tensor
) -> NormalEquations:
    out, poses = empty_equations(depth), len(depth)
    images = (depth, normals, measured.depth, pivot)
    call = held(structures.DepthComparison, *_places(pixels, depth), *images, measured.sigma, measured.reach)
    sums = held(structures.NormalArrays, *out)
    launch_kernel("drawn_depth_equations", depth.device, poses * BLOCK, call, poses, sums)
    return out


def drawn_color_equations(
    color: Tensor,
    depth: Tensor,
    pixels: Pixels,
    seen: SeenColors,
    measured: MeasuredDepth | None,
    pivot: Tensor,
) -> NormalEquations:
    out, poses = empty_equations(depth), len(depth)
    known, reach = (None, 0.0) if measured is None else (measured.depth, measured.reach)
    images = (color, depth, *seen, known, pivot, reach)
    call = held(structures.ColorComparison, *_places(pixels, depth), *images)
    scratch = depth.new_empty(poses, 4, pixels.size)
    sums = held(structures.NormalArrays, *out)
    launch_kernel("drawn_color_equations", depth.device, poses * BLOCK, call, poses, scratch, sums)
    return out


def drawn_outline_equations(depth: Tensor, border: MaskBorder, pivot: Tensor) -> NormalEquations:
    out, poses = empty_equations(depth), len(depth)
    pictures = (border.distance, border.slope, border.counts, border.rays, border.K)
    call = held(structures.MaskBorder, *pictures, depth.shape[-1], border.sigma, border.reach)
    sums = held(structures.NormalArrays, *out)
    launch_kernel("drawn_outline_equations", depth.device, poses * BLOCK, call, depth, poses, pivot, sums)
    return out


def drawn_edge_equations(depth: Tensor, edges: PictureEdges, pivot: Tensor) -> NormalEquations:
    out, poses = empty_equations(depth), len(depth)
    call = held(structures.PictureEdges, *edges[:4], depth.shape[-1], edges.reach)
    sums = held(structures.NormalArrays, *out)
    launch_kernel("drawn_edge_equations", depth.device, poses * BLOCK, call, depth, poses, pivot, sums)
    return out


def drawn_color_agreement(seen: Tensor, drawn: Tensor, weight: Tensor, with_structure: bool) -> Tensor:
    out = drawn.new_empty(len(drawn), 2)
    call = held(structures.AgreementCall, seen, drawn, weight, *weight.shape[1:])
    scratch = drawn.new_empty(len(drawn), 6, *weight.shape[1:])
    numbers = (len(drawn), ctypes.c_int(with_structure))
    launch_kernel("drawn_color_agreement", drawn.device, len(drawn) * BLOCK, call, *numbers, scratch, out)
    return out


def drawn_shape_counts(
    depth: Tensor, seen: SeenShape, tolerance: float, border: int
) -> tuple[Tensor, Tensor]:
    poses, size = len(depth), depth.shape[-1]
    counts, weight = depth.new_empty(poses, SHAPE_COUNTS), depth.new_empty(depth.shape)
    images = (depth, seen.depth, seen.mask, seen.inside, seen.covered)
    call = held(structures.ShapeCall, *images, size, border, tolerance)
    scratch = torch.empty(poses, 4, size, size, dtype=torch.uint8, device=depth.device)
    outputs = (scratch, weight, counts)
    launch_kernel("drawn_shape_counts", depth.device, poses * BLOCK, call, poses, *outputs)
    return counts, weight


def _places(pixels: Pixels, images: Tensor) -> tuple[Tensor, Tensor, Tensor, int, int]:
    return pixels.place, pixels.rays, pixels.K, pixels.size, images.shape[1] * images.shape[2]
