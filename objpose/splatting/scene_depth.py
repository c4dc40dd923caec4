"""Depth of all views of a scene: swept with their neighbours, checked against each other, gaps filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import SE3, Camera, depth_to_points
from objpose.splatting.scene_view import SceneView
from objpose.splatting.sweep import sweep

NEIGHBOURS = 4  # views that a view is swept with
BEST_ANGLE, LARGEST_ANGLE = 8.0, 35.0  # degrees of parallax: less fixes depth badly, more changes the patches
SHARED_POINTS = 3  # that two views must see together to be swept
RANGE = 0.02  # share of the points at either end that the range of depths leaves out
SLACK = 1.4  # that range, widened at either end
PLANES = (16, 80)  # fewest and most
AGREEMENT = 0.02  # of the depth, or two planes: so far may two views differ


@dataclass(frozen=True, eq=False)
class ViewDepth:
    """depth: (H, W) z-depth of a view, everywhere; sure: (H, W) bool, where another view agrees."""

    depth: Tensor
    sure: Tensor


def view_depths(
    views: Sequence[SceneView], cam_from_world: SE3, points: Tensor, seen: Tensor
) -> list[ViewDepth]:
    """Depth of N posed views: semi-global sweeps, kept where two views agree, the rest filled from around.

    cam_from_world: (N,). points: (P, 3) sparse ones, world; seen: (N, P) bool, which view sees which. They
    tell which views look at the same and how deep it is. A view that shares no points has median depth.
    """
    neighbours = [_neighbours(index, cam_from_world, points, seen) for index in range(len(views))]
    swept = []
    for view, pose, near, visible in zip(views, cam_from_world, neighbours, seen, strict=True):
        others = [views[index] for index in near]
        other_from_view = cam_from_world[near] @ pose.inverse()
        shown = pose.apply(points[visible] if visible.any() else points)
        inverse_depths = planes_between(view.camera, others, other_from_view, shown[:, 2])
        swept.append((sweep(view, others, other_from_view, inverse_depths), inverse_depths))
    found = []
    for index, (depth, inverse_depths) in enumerate(swept):
        plane = inverse_depths[1] - inverse_depths[0]
        tolerance = torch.maximum(2 * plane * depth, torch.tensor(AGREEMENT))
        sure = torch.zeros(depth.shape, dtype=torch.bool)
        for other in neighbours[index]:
            mine = (depth, views[index], cam_from_world[index])
            gap = relative_gap(*mine, swept[other][0], views[other], cam_from_world[other])
            sure |= gap.abs() < tolerance
        sure &= views[index].shown
        found.append(ViewDepth(filled(depth, sure), sure))
    return found


def relative_gap(
    depth: Tensor,
    view: SceneView,
    cam_from_world: SE3,
    other_depth: Tensor,
    other: SceneView,
    other_from_world: SE3,
) -> Tensor:
    """(H, W) by how much the points of a view lie behind what another sees there, of the depth; else inf."""
    points = (other_from_world @ cam_from_world.inverse()).apply(depth_to_points(depth, view.camera))
    in_front = points[..., 2] > 1e-6
    column, row = other.camera.project(points).round().clamp(-1e6, 1e6).nan_to_num(-1).long().unbind(-1)
    inside = (
        in_front & (column >= 0) & (column < other.camera.width) & (row >= 0) & (row < other.camera.height)
    )
    column, row = column.clamp(0, other.camera.width - 1), row.clamp(0, other.camera.height - 1)
    return torch.where(inside, points[..., 2] / other_depth[row, column] - 1, torch.inf)


def filled(depth: Tensor, known: Tensor) -> Tensor:
    """(H, W) depth, that of unknown pixels from known ones around them.

    Means of inverse depth over ever larger cells (pull-push of Gortler et al.: The Lumigraph, 1996): inverse
    depth is linear in the image where the surface is plane. All stays as it is where nothing is known.
    """
    if not known.any():
        return depth
    inverse = torch.where(known, 1 / depth, 0.0)[None, None]
    return torch.where(known, depth, 1 / _pulled_pushed(inverse, known.float()[None, None])[0, 0])


def _pulled_pushed(total: Tensor, weight: Tensor) -> Tensor:
    mean = total / weight.clamp_min(1e-9)
    if max(weight.shape[2:]) == 1:
        return mean
    pooled = [
        functional.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False) for image in (total, weight)
    ]
    # What is well known is not known better by having more pixels.
    share = pooled[1].clamp_max(0.25) / pooled[1].clamp_min(1e-9)
    coarse = _pulled_pushed(pooled[0] * share * 4, pooled[1] * share * 4)
    coarse = functional.interpolate(coarse, size=weight.shape[2:], mode="bilinear", align_corners=False)
    return weight * mean + (1 - weight) * coarse


def _neighbours(index: int, cam_from_world: SE3, points: Tensor, seen: Tensor) -> list[int]:
    """The views that share points with one, under a parallax that fixes depth and leaves patches alike."""
    centres = cam_from_world.inverse().translation
    worth = {}
    for other in range(len(seen)):
        shared = points[seen[index] & seen[other]]
        if other == index or len(shared) < SHARED_POINTS:
            continue
        rays = functional.normalize(shared - centres[[index, other], None], dim=-1)
        angle = torch.rad2deg(torch.acos((rays[0] * rays[1]).sum(-1).clamp(-1, 1))).median()
        fit = torch.clamp(angle / BEST_ANGLE, max=1.0) * torch.exp(-((angle / LARGEST_ANGLE) ** 2))
        worth[other] = len(shared) ** 0.5 * float(fit)
    return sorted(worth, key=lambda one: -worth[one])[:NEIGHBOURS]


def planes_between(
    camera: Camera, others: Sequence[SceneView], other_from_cam: SE3, depths: Tensor
) -> Tensor:
    """(D,) inverse depths around those of points, a pixel apart in the view that they move most in."""
    depths = depths[depths > 0]
    if not len(depths):
        return torch.linspace(0.5, 2.0, PLANES[0])
    low = torch.quantile(depths, RANGE) / SLACK
    high = torch.quantile(depths, 1 - RANGE) * SLACK
    middle = camera.unproject([camera.cx, camera.cy], torch.tensor(1.0))
    ends = torch.stack([middle * low, middle * high])
    moved = [
        float((other.camera.project(points[:1]) - other.camera.project(points[1:])).norm())
        for other, points in (
            (other, transform.apply(ends)) for other, transform in zip(others, other_from_cam, strict=True)
        )
        if bool((points[:, 2] > 0).all())
    ]
    count = min(max(int(max(moved, default=0.0)), PLANES[0]), PLANES[1])
    return torch.linspace(float(1 / high), float(1 / low), count)
