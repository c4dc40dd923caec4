"""Plain-torch twins of the correspondence lines: the oracle, and what runs where there is no core."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import SE3, NormalEquations, moved_about, twist_row
from objpose.geometry.tangent import NEAREST
from objpose.raster.constants import (
    EDGE_CONTRAST,
    EDGE_TAPS,
    LEAST_REACH,
    LEAST_VARIANCE,
    MOST_CERTAIN,
    OUTLIERS,
    SHALLOWEST,
)
from objpose.raster.lines.bundles import Lines, Outline
from objpose.raster.twin.line_colors import blend_colors, count_colors
from objpose.raster.twin.line_walk import Crossings, Walk, colors_of, crossings, projected, walk

__all__ = [
    "blend_colors",
    "count_colors",
    "line_costs",
    "line_equations",
    "line_profiles",
    "line_statistics",
    "move_poses",
    "nearest_views",
]


def nearest_views(directions: Tensor, centre: Tensor, cam_from_obj: Tensor, view: Tensor) -> None:
    poses = SE3(cam_from_obj.double()).normalized()
    towards = poses.inverse().translation - centre.double()  # the camera's place, seen from the centre
    view.copy_((towards @ directions.double().T).argmax(1))


def line_profiles(
    rgb: Tensor,
    table: Tensor,
    outline: Outline,
    cam_from_obj: Tensor,
    K: Tensor,
    scale: int,
    out: Lines,
) -> None:
    height, width = rgb.shape[:2]
    lines = crossings(outline, cam_from_obj, K, width, height)
    positions = out.posterior.shape[-1]
    segments = positions + EDGE_TAPS - 1
    stride = 2 if scale > 2 and scale % 2 == 0 else 1
    pixels = walk(lines, segments * scale // stride, stride)
    spacing = scale * pixels.slope
    is_line = lines.is_seen & (lines.reach.amin(-1) >= LEAST_REACH * spacing)
    posterior = _border(_segments(rgb, table, pixels, segments), positions)
    out.placement.copy_(_placement(lines, pixels, spacing, posterior) * is_line[..., None])
    out.posterior.copy_(posterior * is_line[..., None])


def _placement(lines: Crossings, pixels: Walk, spacing: Tensor, posterior: Tensor) -> Tensor:
    middle = (pixels.distance[..., 0] + pixels.distance[..., -1]) / 2
    first = middle - spacing * (posterior.shape[-1] - 1) / 2
    weight = LEAST_VARIANCE / _variance(posterior).clamp_min(LEAST_VARIANCE)
    return torch.cat([lines.centre, lines.normal, torch.stack([first, spacing, weight], -1)], -1)


def _variance(posterior: Tensor) -> Tensor:
    """(B, N) of the number of the position."""
    steps = torch.arange(posterior.shape[-1], dtype=posterior.dtype)
    return (posterior * steps**2).sum(-1) - (posterior * steps).sum(-1) ** 2


def _segments(rgb: Tensor, table: Tensor, pixels: Walk, segments: int) -> Tensor:
    """(B, N, segments) chance of each segment to lie on the object, of its pixels together."""
    color, is_inside = colors_of(rgb, pixels.columns, pixels.rows)
    chance = torch.where(is_inside, table.view(-1)[color], 0.5).double()
    chance = chance.clamp(1 - MOST_CERTAIN, MOST_CERTAIN).unflatten(-1, (segments, -1))
    on, beside = chance.prod(-1), (1 - chance).prod(-1)
    return on / (on + beside)


def edge() -> Tensor:
    """(EDGE_TAPS,) chance of a segment at each side of a border to be of the object: a smooth step."""
    x = torch.arange(EDGE_TAPS, dtype=torch.float64) - (EDGE_TAPS - 1) / 2
    return 0.5 - EDGE_CONTRAST * x.tanh()


def _border(on_object: Tensor, positions: int) -> Tensor:
    """(B, N, positions) chance of each position to be the border, from segments (B, N, S)."""
    posterior = torch.ones_like(on_object[..., :positions])
    for tap, inside in enumerate(edge()):
        chance = on_object[..., tap : tap + positions]
        posterior = posterior * (chance * inside + (1 - chance) * (1 - inside))
    return posterior / posterior.sum(-1, keepdim=True)


def line_equations(
    lines: Lines,
    outline: Outline,
    cam_from_obj: Tensor,
    K: Tensor,
    centre: Tensor,
    sigma: float,
    out: NormalEquations,
) -> None:
    poses = SE3(cam_from_obj.double()).normalized()
    points = poses.apply_points(outline.points[outline.view.long()].double())
    arm = points - poses.apply(centre.double())[:, None]
    share, shift, spread, cost = _pull(lines, points, K, sigma)
    slope = _pixel_slope(lines.placement[..., 2:4].double(), points, K.double())
    rows = twist_row(slope, arm.movedim(-1, 0)).movedim(0, -1)  # (B, N, 6)
    curvature = share * (1 - spread / sigma**2).clamp_min(SHALLOWEST) / sigma**2
    out.normal.copy_((rows * curvature[..., None]).mT @ rows)
    out.gradient.copy_(-(rows * (share * shift / sigma**2)[..., None]).sum(1))
    out.cost.copy_(cost.sum(1))


def line_costs(lines: Lines, points: Tensor, K: Tensor, sigma: float) -> Tensor:
    """(B,) cost of points (B, N, 3), camera frame, whose derivative `line_equations` gives."""
    return _pull(lines, points, K, sigma)[3].sum(1)


def _pull(lines: Lines, points: Tensor, K: Tensor, sigma: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(B, N) each: weight, mean distance to the borders in pixels, their variance, and the cost.

    The cost of a line is -log of its posterior, smoothed by a normal distribution of `sigma` pixels, at the
    outline's place, with a floor. Positions count by how near they are: all of them for a wide one, which
    leads to the mean, and for a narrow one those of the hill that the outline stands on.
    """
    placement, posterior = lines.placement.double(), lines.posterior.double()
    offset = projected(points, K.double()) - placement[..., :2]
    here = (offset * placement[..., 2:4]).sum(-1)
    steps = torch.arange(posterior.shape[-1], dtype=torch.float64)
    distance = placement[..., 4:5] + steps * placement[..., 5:6] - here[..., None]
    near = posterior * (-0.5 * (distance / sigma) ** 2).exp()
    total = near.sum(-1)
    is_line = (placement[..., 5] > 0) & (points[..., 2] > NEAREST)
    known = total.clamp_min(1e-30)
    shift = (near * distance).sum(-1) / known
    spread = (near * distance**2).sum(-1) / known - shift**2
    weight = placement[..., 6] * is_line
    cost = -((total + OUTLIERS) / (1 + OUTLIERS)).log() * weight
    return total / (total + OUTLIERS) * weight, shift, spread, cost


def _pixel_slope(normal: Tensor, points: Tensor, K: Tensor) -> list[Tensor]:
    """(B, N) each: derivative of a point's place along a line's normal with its x, y and z."""
    x, y, z = points.unbind(-1)
    inverse = 1 / z.clamp_min(NEAREST)
    along_x, along_y = normal[..., 0] * K[0, 0] * inverse, normal[..., 1] * K[1, 1] * inverse
    return [along_x, along_y, -(along_x * x + along_y * y) * inverse]


def line_statistics(
    lines: Lines, outline: Outline, cam_from_obj: Tensor, K: Tensor, width: float, out: Tensor
) -> None:
    contour = outline.points[outline.view.long()].double()
    points = SE3(cam_from_obj.double()).normalized().apply_points(contour)
    placement, posterior = lines.placement.double(), lines.posterior.double()
    first, spacing = placement[..., 4], placement[..., 5]
    is_line = (spacing > 0).double()
    here = ((projected(points, K.double()) - placement[..., :2]) * placement[..., 2:4]).sum(-1)
    entropy = torch.special.entr(posterior).sum(-1) / math.log(posterior.shape[-1])
    deviation = _variance(posterior).clamp_min(0).sqrt() * spacing
    distance = (first + posterior.argmax(-1) * spacing - here).abs()
    agrees = is_line * (distance <= width)
    count = is_line.sum(1).clamp_min(1)
    square = (agrees * distance**2).sum(1) / agrees.sum(1).clamp_min(1)
    share = is_line.sum(1) / outline.usable.sum(1).clamp_min(1)
    misfit = _pull(lines._replace(placement=_of_one_weight(lines.placement)), points, K, width)[3]
    means = [(part * is_line).sum(1) / count for part in (entropy, deviation, agrees, misfit)]
    out.copy_(torch.stack([share, *means[:3], square.sqrt(), means[3]], 1))


def _of_one_weight(placement: Tensor) -> Tensor:
    return torch.cat([placement[..., :6], torch.ones_like(placement[..., 6:])], -1)


def move_poses(
    cam_from_obj: Tensor,
    centre: Tensor,
    equations: NormalEquations,
    K: Tensor,
    radius: float,
    damping: tuple[float, float],
    out: Tensor,
) -> None:
    poses = cam_from_obj.double()
    depth = SE3(poses).apply(centre.double())[:, 2].clamp_min(NEAREST)
    scale = (K[0, 0].double() / depth) ** 2  # squared pixels a squared metre
    shift, turn = damping[0] * scale, damping[1] * scale * radius**2
    ridge = torch.stack([shift] * 3 + [turn] * 3, 1)
    normal = equations.normal.double() + torch.diag_embed(ridge)
    step, _ = torch.linalg.solve_ex(normal, -equations.gradient.double()[..., None])
    moved = moved_about(centre.double(), poses, step[..., 0])
    is_good = moved.isfinite().all(1, keepdim=True) & (torch.linalg.eigvalsh(_finite(normal))[:, :1] > 0)
    out.copy_(torch.where(is_good, moved, poses))


def _finite(normal: Tensor) -> Tensor:
    """With zeros for the problems that hold other numbers, for which there are no eigenvalues."""
    return torch.where(normal.isfinite().all(-1).all(-1)[:, None, None], normal, 0.0)
