"""Plain-torch twins of paint drawn under a light: the oracle, and what runs where there is no core."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from objpose.geometry import SE3
from objpose.raster.drawn.bundles import SeenColors
from objpose.raster.drawn.light import appearance_channels
from objpose.raster.paint.bundles import (
    DARKEST_SHADE,
    NEAREST_PAINT,
    PLAIN_COLOR,
    PaintDrawing,
    PaintedMesh,
)
from objpose.raster.twin import meshes


def draw_paint(
    mesh: PaintedMesh, cam_from_obj: Tensor, K: Tensor, counts: Tensor, light: Tensor, clears_border: bool
) -> PaintDrawing:
    side, poses = len(counts), SE3(cam_from_obj.double()).normalized()
    matrices = torch.cat([poses.rotation.matrix(), poses.translation[..., None]], -1)
    cameras = K.double().expand(len(poses), 3, 3)
    surface = (mesh.vertices, mesh.faces, matrices, cameras, side, side, NEAREST_PAINT, True)
    depth, ids, bary, footprint = meshes.rasterize(*surface)
    normals = meshes.face_normals(mesh.vertices, mesh.faces, matrices, ids)
    if mesh.texture is not None and mesh.uvs is not None:
        arrays = (*mesh.texture, mesh.uvs, mesh.faces)
        color = meshes.sample_texture(*arrays, ids, bary, footprint)
    elif mesh.colors is not None:
        color = meshes.interpolate(mesh.colors, mesh.faces, ids, bary)
    else:
        color = torch.full((*ids.shape, 3), PLAIN_COLOR)
    shade = (normals @ light[1:] + light[0]).clamp_min(DARKEST_SHADE)
    empty = depth <= 0
    if clears_border and len(depth):
        empty = max_pool2d(empty.float()[:, None], 3, 1, 1)[:, 0] > 0
    return PaintDrawing(color * shade[..., None], torch.where(empty | ~counts, 0.0, depth), normals)


def paint_likeness(drawing: PaintDrawing, seen: Tensor, least: int, plain: float) -> Tensor:
    found = [
        _likeness(color[here].double(), seen[here].double(), least, plain)
        for color, here in zip(drawing.color, drawing.depth > 0, strict=True)
    ]
    return torch.tensor(found).reshape(-1, 2)


def _likeness(drawn: Tensor, seen: Tensor, least: int, plain: float) -> tuple[float, float]:
    """Of colours (N, 3)."""
    if len(drawn) < least:
        return 0.0, 0.0
    drawn, seen = drawn - drawn.mean(0), seen - seen.mean(0)
    spread, other = drawn.square().mean(0), seen.square().mean(0)
    correlation = (drawn * seen).mean(0) / (spread * other).sqrt().clamp_min(1e-6)
    likeness = (correlation * spread).sum() / spread.sum().clamp_min(1e-9)
    return float(likeness), float(spread.sum() / (spread.sum() + plain**2))


def cell_means(rgb: Tensor, left: int, top: int, cell: int, side: int) -> tuple[Tensor, Tensor]:
    height, width = rgb.shape[:2]
    first_row, first_column = max(0, -(top // cell)), max(0, -(left // cell))
    last_row = min(side, (height - top) // cell)
    last_column = min(side, (width - left) // cell)
    seen, inside = torch.zeros(side, side, 3), torch.zeros(side, side, dtype=torch.bool)
    if first_row >= last_row or first_column >= last_column:
        return seen, inside
    rows = slice(top + first_row * cell, top + last_row * cell)
    columns = slice(left + first_column * cell, left + last_column * cell)
    means = avg_pool2d(rgb[rows, columns].permute(2, 0, 1).float(), cell) / 255
    here = slice(first_row, last_row), slice(first_column, last_column)
    seen[here], inside[here] = means.permute(1, 2, 0), True
    return seen, inside


def picture_channels(rgb: Tensor) -> SeenColors:
    channels = appearance_channels(rgb.permute(2, 0, 1), dim=0)
    slopes = channels.new_zeros(2, *channels.shape)
    slopes[0, :, :, 1:-1] = (channels[:, :, 2:] - channels[:, :, :-2]) / 2
    slopes[1, :, 1:-1] = (channels[:, 2:] - channels[:, :-2]) / 2
    return SeenColors(channels.flatten(1), slopes.flatten(2))
