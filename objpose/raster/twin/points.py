"""Plain-torch twins of surface points: the oracle, and what runs where there is no core."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3, NormalEquations, twist_row
from objpose.geometry.tangent import NEAREST
from objpose.raster.constants import DEPTH_REACH, HIDING_STEPS, SURFACE_STEPS
from objpose.raster.lines.bundles import Outline
from objpose.raster.points.bundles import DepthMatching, SurfacePoints
from objpose.raster.twin.patches import grey_pyramid, patch_equations

__all__ = ["clear_hidden", "depth_equations", "grey_pyramid", "patch_equations"]


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
    poses = SE3(cam_from_obj.double()).normalized()
    points, normals = posed_surface(surface, poses)
    measured, sight = look_at_depth(depth, K, points, normals, matching)
    counts.copy_(torch.stack([(sight == kind).sum(1) for kind in range(4)], 1))
    residual, share, cost = _surface_terms(points, normals, measured, sight == FOUND, matching)
    arm = measured - poses.apply(centre.double())[:, None]
    rows = twist_row(normals.movedim(-1, 0), arm.movedim(-1, 0)).movedim(0, -1)
    out.normal.copy_((rows * share[..., None]).mT @ rows)
    out.gradient.copy_((rows * (share * residual)[..., None]).sum(1))
    out.cost.copy_(cost.sum(1))


FOUND, HIDDEN, MISSING, CONTRADICTED, UNSEEN = range(5)


def posed_surface(surface: SurfacePoints, poses: SE3) -> tuple[Tensor, Tensor]:
    """(B, M, 3) points and normals, camera frame, float64."""
    view = surface.view.long()
    points = poses.apply_points(surface.points[view].double())
    return points, (poses.rotation.matrix() @ surface.normals[view].double().mT).mT


def look_at_depth(
    depth: Tensor, K: Tensor, points: Tensor, normals: Tensor, matching: DepthMatching
) -> tuple[Tensor, Tensor]:
    """What is measured nearest to points (B, M, 3), camera frame, and what becomes of each (B, M)."""
    place = _placed(points, K, depth.shape)
    z = points[..., 2]
    radius = matching.radius * K[0, 0].double() / z.clamp_min(NEAREST)
    beside, _, _ = _measured(depth, place, radius / SURFACE_STEPS, 1)
    least = torch.where(beside > 0, beside, torch.inf).amin(-1).double()
    is_hidden = least < z - matching.margin - DEPTH_REACH * matching.noise * z**2
    found, columns, rows = _measured(depth, place, radius, SURFACE_STEPS)
    x, y = (columns - K[0, 2]) / K[0, 0] * found, (rows - K[1, 2]) / K[1, 1] * found
    around = torch.stack([x, y, found], -1)
    squared = (around - points[..., None, :].float()).square().sum(-1)
    squared, nearest = torch.where(found > 0, squared, torch.inf).min(-1)
    measured = around.gather(2, nearest[..., None, None].expand(*nearest.shape, 1, 3))[..., 0, :].double()
    reach = (z / K[0, 0].double()).clamp_min(matching.radius)
    sight = torch.where(least < z, HIDDEN, CONTRADICTED)
    sight = torch.where(least.isfinite(), sight, MISSING)
    sight = torch.where(squared <= reach**2, FOUND, sight)
    sight = torch.where(is_hidden, HIDDEN, sight)
    is_facing = (normals * points).sum(-1) < 0
    return measured, torch.where(place.is_inside & is_facing, sight, UNSEEN)


def depth_costs(
    points: Tensor, normals: Tensor, measured: Tensor, is_found: Tensor, matching: DepthMatching
) -> Tensor:
    """(B,) cost of points and normals (B, M, 3) on what is measured; `depth_equations` gives its derivative.

    The noise is that of where the points are.
    """
    return _surface_terms(points, normals, measured, is_found, matching)[2].sum(1)


def _surface_terms(
    points: Tensor, normals: Tensor, measured: Tensor, is_found: Tensor, matching: DepthMatching
) -> tuple[Tensor, Tensor, Tensor]:
    """(B, M) each: residual in metres, its weight, its cost."""
    variance = matching.sigma**2 + (matching.noise * points[..., 2].detach() ** 2) ** 2
    residual = (normals * (points - measured)).sum(-1)
    inside = (1 - residual**2 / (variance * DEPTH_REACH**2)).clamp_min(0)
    cost = DEPTH_REACH**2 / 6 * (1 - inside**3)
    return residual, inside**2 / variance * is_found, cost * is_found


def clear_hidden(
    depth: Tensor,
    K: Tensor,
    outline: Outline,
    front: Tensor,
    cam_from_obj: Tensor,
    matching: DepthMatching,
) -> None:
    view = outline.view.long()
    points = SE3(cam_from_obj.double()).normalized().apply_points(outline.points[view].double())
    z, place = points[..., 2], _placed(points, K, depth.shape)
    radius = matching.radius * K[0, 0].double() / z.clamp_min(NEAREST)
    found, _, _ = _measured(depth, place, radius, HIDING_STEPS)
    least = torch.where(found > 0, found, torch.inf).amin(-1)
    nearest = z - front[view].double() - matching.margin - DEPTH_REACH * matching.noise * z**2
    outline.usable.logical_and_(~(place.is_inside & (least < nearest)))


class _Placed(NamedTuple):
    column: Tensor  # (B, M) long
    row: Tensor
    is_inside: Tensor  # (B, M) bool: in front of the camera and in the image


def _placed(points: Tensor, K: Tensor, shape: torch.Size) -> _Placed:
    """The pixels that points (B, M, 3) of the camera's frame lie in."""
    height, width = shape
    pixels = points / points[..., 2:].clamp_min(NEAREST) @ K.double().T
    column, row = pixels[..., :2].add(0.5).floor().nan_to_num(-1.0).clamp(-1, max(shape)).long().unbind(-1)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return _Placed(column, row, inside & (points[..., 2] > NEAREST))


def _measured(depth: Tensor, place: _Placed, radius: Tensor, most: int) -> tuple[Tensor, Tensor, Tensor]:
    """Depth (B, M, S) in squares of `radius` (B, M) pixels, 0 beyond the image; column and row of each."""
    stride = (radius / most).add(0.5).floor().clamp_min(1)
    steps = (radius / stride).floor().clamp(1, most)
    along = torch.arange(-most, most + 1)
    shift = torch.stack(torch.meshgrid(along, along, indexing="ij"), -1).reshape(-1, 2)
    rows, columns = (
        start[..., None] + (stride[..., None] * part).long()
        for start, part in ((place.row, shift[:, 0]), (place.column, shift[:, 1]))
    )
    height, width = depth.shape
    is_used = (shift.abs().amax(-1) <= steps[..., None]) & (rows >= 0) & (rows < height)
    is_used &= (columns >= 0) & (columns < width)
    values = depth[rows.clamp(0, height - 1), columns.clamp(0, width - 1)]
    return torch.where(is_used, values, 0.0), columns, rows
