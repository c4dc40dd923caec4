"""The stages of surface points by the C++ core."""

from __future__ import annotations

import ctypes

from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster.cpu.library import call
from objpose.raster.lines.bundles import Outline
from objpose.raster.points.bundles import DepthMatching, GreyPart, PatchPoints, SurfacePoints


def depth_equations(
    depth: Tensor,
    K: Tensor,
    surface: SurfacePoints,
    cam_from_obj: Tensor,
    centre: Tensor,
    matching: DepthMatching,
    out: NormalEquations,
    counts: Tensor,
) -> None:
    poses = (*surface, surface.points.shape[1], cam_from_obj, len(cam_from_obj), centre)
    numbers = [ctypes.c_float(number) for number in matching]
    call("objpose_depth_equations", depth, *depth.shape, K, *poses, *numbers, *out, counts)


def clear_hidden(
    depth: Tensor,
    K: Tensor,
    outline: Outline,
    front: Tensor,
    cam_from_obj: Tensor,
    matching: DepthMatching,
) -> None:
    points = (outline.points, front, outline.view, outline.points.shape[1], cam_from_obj, len(cam_from_obj))
    numbers = [ctypes.c_float(number) for number in (matching.margin, matching.noise, matching.radius)]
    call("objpose_clear_hidden", depth, *depth.shape, K, *points, *numbers, outline.usable)


def grey_pyramid(rgb: Tensor, part: GreyPart) -> None:
    call("objpose_grey_pyramid", rgb, rgb.shape[1], *part)


def patch_equations(
    part: GreyPart,
    level: int,
    K: Tensor,
    patches: PatchPoints,
    cam_from_obj: Tensor,
    centre: Tensor,
    sigma: float,
    out: NormalEquations,
    counts: Tensor,
    rms: Tensor,
) -> None:
    grey = part.level(level)
    image = (grey, *grey.shape, part.left, part.top, 1 << level, K)
    poses = (*patches, len(patches.points), cam_from_obj, len(cam_from_obj), centre)
    call("objpose_patch_equations", *image, *poses, ctypes.c_float(sigma), *out, counts, rms)
