"""The stages of correspondence lines by the C++ core."""

from __future__ import annotations

import ctypes

from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster.cpu.library import call
from objpose.raster.lines.bundles import Lines, Outline


def nearest_views(directions: Tensor, centre: Tensor, cam_from_obj: Tensor, view: Tensor) -> None:
    call("objpose_nearest_views", directions, len(directions), centre, cam_from_obj, len(cam_from_obj), view)


def count_colors(rgb: Tensor, outline: Outline, cam_from_obj: Tensor, K: Tensor, counts: Tensor) -> None:
    call("objpose_count_colors", *_image(rgb), *_outline(outline), cam_from_obj, len(cam_from_obj), K, counts)


def blend_colors(counts: Tensor, rate: float, histograms: Tensor, table: Tensor, scratch: Tensor) -> float:
    contrast = ctypes.c_double()
    pointer = ctypes.c_void_p(ctypes.addressof(contrast))
    call("objpose_blend_colors", counts, ctypes.c_float(rate), histograms, table, scratch, pointer)
    return contrast.value


def line_profiles(
    rgb: Tensor,
    table: Tensor,
    outline: Outline,
    cam_from_obj: Tensor,
    K: Tensor,
    scale: int,
    out: Lines,
) -> None:
    view = (*_outline(outline), cam_from_obj, len(cam_from_obj), K)
    call("objpose_line_profiles", *_image(rgb), table, *view, ctypes.c_int(scale), *_lines(out))


def line_equations(
    lines: Lines,
    outline: Outline,
    cam_from_obj: Tensor,
    K: Tensor,
    centre: Tensor,
    sigma: float,
    out: NormalEquations,
) -> None:
    view = (*_outline(outline), cam_from_obj, len(cam_from_obj), K)
    call("objpose_line_equations", *_lines(lines), *view, centre, ctypes.c_float(sigma), *out)


def line_statistics(
    lines: Lines, outline: Outline, cam_from_obj: Tensor, K: Tensor, width: float, out: Tensor
) -> None:
    view = (*_outline(outline), cam_from_obj, len(cam_from_obj), K)
    call("objpose_line_statistics", *_lines(lines), *view, ctypes.c_float(width), out)


def move_poses(
    cam_from_obj: Tensor,
    centre: Tensor,
    equations: NormalEquations,
    K: Tensor,
    radius: float,
    damping: tuple[float, float],
    out: Tensor,
) -> None:
    strength = (ctypes.c_double(radius), *(ctypes.c_double(part) for part in damping))
    poses = (cam_from_obj, len(cam_from_obj))
    call("objpose_move_poses", *poses, centre, equations.normal, equations.gradient, K, *strength, out)


def _image(rgb: Tensor) -> tuple[Tensor, int, int]:
    return rgb, rgb.shape[0], rgb.shape[1]


def _outline(outline: Outline) -> tuple[Tensor | int, ...]:
    return *outline, outline.points.shape[1]


def _lines(lines: Lines) -> tuple[Tensor | int, ...]:
    return *lines, lines.posterior.shape[-1]
