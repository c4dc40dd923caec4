"""The stages of drawn images by the C++ core."""

from __future__ import annotations

import ctypes

from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster.constants import SHAPE_COUNTS
from objpose.raster.cpu.library import call, threads
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
    out = empty_equations(depth)
    band = (ctypes.c_float(measured.sigma), ctypes.c_float(measured.reach))
    images = (depth, normals, len(depth), *_places(pixels, depth))
    call("objpose_drawn_depth_equations", *images, measured.depth, *band, pivot, threads(), *out)
    return out


def drawn_color_equations(
    color: Tensor,
    depth: Tensor,
    pixels: Pixels,
    seen: SeenColors,
    measured: MeasuredDepth | None,
    pivot: Tensor,
) -> NormalEquations:
    out = empty_equations(depth)
    known, reach = (None, 0.0) if measured is None else (measured.depth, measured.reach)
    images = (color, depth, len(depth), *_places(pixels, depth), *seen)
    call("objpose_drawn_color_equations", *images, known, ctypes.c_float(reach), pivot, threads(), *out)
    return out


def drawn_outline_equations(depth: Tensor, border: MaskBorder, pivot: Tensor) -> NormalEquations:
    out = empty_equations(depth)
    pictures = (border.rays, border.K, border.counts, border.distance, border.slope)
    widths = (ctypes.c_float(border.sigma), ctypes.c_float(border.reach))
    images = (depth, len(depth), depth.shape[-1])
    call("objpose_drawn_outline_equations", *images, *pictures, *widths, pivot, threads(), *out)
    return out


def drawn_edge_equations(depth: Tensor, edges: PictureEdges, pivot: Tensor) -> NormalEquations:
    out = empty_equations(depth)
    pictures = (edges.rays, edges.K, edges.counts, edges.slopes, ctypes.c_float(edges.reach))
    images = (depth, len(depth), depth.shape[-1])
    call("objpose_drawn_edge_equations", *images, *pictures, pivot, threads(), *out)
    return out


def drawn_color_agreement(seen: Tensor, drawn: Tensor, weight: Tensor, with_structure: bool) -> Tensor:
    out = drawn.new_zeros(len(drawn), 2)
    images = (seen, drawn, weight, *weight.shape, int(with_structure))
    call("objpose_drawn_color_agreement", *images, threads(), out)
    return out


def drawn_shape_counts(
    depth: Tensor, seen: SeenShape, tolerance: float, border: int
) -> tuple[Tensor, Tensor]:
    counts, weight = depth.new_empty(len(depth), SHAPE_COUNTS), depth.new_empty(depth.shape)
    images = (depth, seen.depth, seen.mask, seen.inside, seen.covered)
    numbers = (len(depth), depth.shape[-1], border, ctypes.c_float(tolerance))
    call("objpose_drawn_shape_counts", *images, *numbers, threads(), weight, counts)
    return counts, weight


def empty_equations(images: Tensor) -> NormalEquations:
    """Of each of pictures (B, H, W), to be filled."""
    count = len(images)
    return NormalEquations(images.new_empty(count, 6, 6), images.new_empty(count, 6), images.new_empty(count))


def _places(pixels: Pixels, images: Tensor) -> tuple[Tensor, Tensor, Tensor, int, int]:
    return pixels.place, pixels.rays, pixels.K, pixels.size, images[0].numel() if len(images) else 0
