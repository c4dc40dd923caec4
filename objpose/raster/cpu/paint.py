"""The stages of paint by the C++ core."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.cpu.library import call, threads
from objpose.raster.drawn.bundles import SeenColors
from objpose.raster.paint.bundles import (
    DARKEST_SHADE,
    NEAREST_PAINT,
    PLAIN_COLOR,
    PaintDrawing,
    PaintedMesh,
)


def draw_paint(
    mesh: PaintedMesh, cam_from_obj: Tensor, K: Tensor, counts: Tensor, light: Tensor, clears_border: bool
) -> PaintDrawing:
    poses, side = len(cam_from_obj), len(counts)
    out = PaintDrawing(
        torch.empty(poses, side, side, 3), torch.empty(poses, side, side), torch.empty(poses, side, side, 3)
    )
    texels, sizes = (None, None) if mesh.texture is None else mesh.texture
    levels = ctypes.c_int(0 if sizes is None else len(sizes))
    paint = (mesh.vertices, len(mesh.vertices), mesh.faces, len(mesh.faces), mesh.colors, mesh.uvs)
    numbers = [ctypes.c_float(one) for one in (NEAREST_PAINT, PLAIN_COLOR, DARKEST_SHADE)]
    view = (cam_from_obj, poses, K, counts, light, ctypes.c_int(side))
    flags = (ctypes.c_int(clears_border), threads())
    call("objpose_draw_paint", *paint, texels, sizes, levels, *view, *numbers, *flags, *out)
    return out


def paint_likeness(drawing: PaintDrawing, seen: Tensor, least: int, plain: float) -> Tensor:
    out = torch.empty(len(drawing.depth), 2)
    pictures = (drawing.color, drawing.depth, len(drawing.depth), seen, seen.shape[0] * seen.shape[1])
    call("objpose_paint_likeness", *pictures, ctypes.c_int(least), ctypes.c_float(plain), out)
    return out


def cell_means(rgb: Tensor, left: int, top: int, cell: int, side: int) -> tuple[Tensor, Tensor]:
    seen, inside = torch.empty(side, side, 3), torch.empty(side, side, dtype=torch.bool)
    sizes = (ctypes.c_int(cell), ctypes.c_int(side))
    call("objpose_cell_means", rgb, *rgb.shape[:2], left, top, *sizes, seen, inside)
    return seen, inside


def picture_channels(rgb: Tensor) -> SeenColors:
    side = len(rgb)
    found = SeenColors(torch.empty(3, side * side), torch.empty(2, 3, side * side))
    call("objpose_picture_channels", rgb, ctypes.c_int(side), *found)
    return found
