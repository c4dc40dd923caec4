"""Plain-torch twin of how correspondence lines lie in an image."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.geometry.tangent import NEAREST
from objpose.raster.constants import COLOR_LEVELS
from objpose.raster.lines.bundles import Outline


class Crossings(NamedTuple):
    """Where B outlines of N points are crossed, float64."""

    centre: Tensor  # (B, N, 2) pixels
    normal: Tensor  # (B, N, 2) unit, in the image
    reach: Tensor  # (B, N, 2) pixels
    is_seen: Tensor  # (B, N) bool: usable, in front of the camera, in the image


def crossings(outline: Outline, cam_from_obj: Tensor, K: Tensor, width: int, height: int) -> Crossings:
    view = outline.view.long()
    poses, K = SE3(cam_from_obj.double()).normalized(), K.double()
    points = poses.apply_points(outline.points[view].double())
    normals = poses.rotation.matrix() @ outline.normals[view].double().mT
    x, y, z = points.unbind(-1)
    nx, ny, nz = normals.unbind(-2)
    depth = z.clamp_min(NEAREST)
    centre = projected(points, K)
    along = torch.stack([K[0, 0] * (nx * z - x * nz), K[1, 1] * (ny * z - y * nz)], -1)
    length = along.norm(dim=-1)
    size = torch.tensor([width, height], dtype=torch.float64)
    is_inside = ((centre > -0.5) & (centre < size - 0.5)).all(-1)
    is_seen = outline.usable & (z > NEAREST) & is_inside & (length > 0)
    reach = outline.reach[view].double() * (length / depth**2)[..., None]
    return Crossings(centre, along / length.clamp_min(1e-30)[..., None], reach, is_seen)


def projected(points: Tensor, K: Tensor) -> Tensor:
    """(*, 2) pixels of points (*, 3), camera frame."""
    depth = points[..., 2].clamp_min(NEAREST)
    u = K[0, 0] * points[..., 0] / depth + K[0, 2]
    v = K[1, 1] * points[..., 1] / depth + K[1, 2]
    return torch.stack([u, v], -1)


class Walk(NamedTuple):
    """Pixels along lines, `stride` apart on the image axis that the line is nearest to.

    So no pixel is met twice, and along that axis the pixels' distance from the line's centre is exact.
    """

    columns: Tensor  # (B, N, M) whole pixels
    rows: Tensor  # (B, N, M)
    distance: Tensor  # (B, N, M) pixels, signed, along the normal
    slope: Tensor  # (B, N) pixels along the normal a pixel of the axis


def walk(lines: Crossings, steps: int, stride: int = 1) -> Walk:
    """`steps` pixels about each line's centre, in the order of the normal."""
    is_flat = lines.normal[..., 0].abs() >= lines.normal[..., 1].abs()
    major, minor = (
        torch.where(is_flat, a, b) for a, b in (lines.normal.unbind(-1), lines.normal.flip(-1).unbind(-1))
    )
    from_major, from_minor = (
        torch.where(is_flat, a, b) for a, b in (lines.centre.unbind(-1), lines.centre.flip(-1).unbind(-1))
    )
    advance = stride * torch.where(major < 0, -1.0, 1.0).double()
    first = (from_major - advance * (steps - 1) / 2 + 0.5).floor()
    along = first[..., None] + advance[..., None] * torch.arange(steps, dtype=torch.float64)
    offset = along - from_major[..., None]
    across = (from_minor[..., None] + offset * (minor / major)[..., None] + 0.5).floor()
    columns = torch.where(is_flat[..., None], along, across).long()
    rows = torch.where(is_flat[..., None], across, along).long()
    return Walk(columns, rows, offset / major[..., None], 1 / major.abs())


def colors_of(rgb: Tensor, columns: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Index of each pixel's colour in a histogram, and whether the pixel lies in the image."""
    height, width = rgb.shape[:2]
    is_inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    pixels = rgb[rows.clamp(0, height - 1), columns.clamp(0, width - 1)].long()
    red, green, blue = (pixels * COLOR_LEVELS // 256).unbind(-1)
    return (red * COLOR_LEVELS + green) * COLOR_LEVELS + blue, is_inside
