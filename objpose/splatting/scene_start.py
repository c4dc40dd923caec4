"""Where the splats of a scene start: on the depth of its views, each place once, nothing in free space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from objpose.geometry import SE3, depth_to_points
from objpose.raster import Splats
from objpose.splatting.scene_depth import ViewDepth, relative_gap
from objpose.splatting.scene_view import SceneView

OVERLAP = 0.5  # of the pixels, about, that views show for the first time
COVERED = 0.04  # of the depth: a place this near to one that is taken is taken too
FREE = 0.06  # of the depth: an unsure place this far in front of a sure one is in free space
DARK = 0.1  # of an unsure place: emptiness, which is black, explains it
WIDTH = 0.6  # standard deviation, of the distance between splats of one view
SURE_OPACITY, UNSURE_OPACITY = 0.8, 0.4


def scene_splats(
    views: Sequence[SceneView], cam_from_world: SE3, depths: Sequence[ViewDepth], count: int
) -> Splats:
    """Some `count` round splats, world frame, with constant colours (G, 3).

    cam_from_world: (N,). View by view; a view adds what the splats of those before do not show in it.
    """
    stride = _stride(views, count)
    taken: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    for index, (view, pose, found) in enumerate(zip(views, cam_from_world, depths, strict=True)):
        open_ = (
            view.shown
            & (found.sure | (view.rgb.amax(-1) > DARK))
            & ~_in_free_space(index, views, cam_from_world, depths)
        )
        if taken:
            open_ &= ~_covered(view, pose, found.depth, torch.cat([part[0] for part in taken]), stride)
        rows, columns = torch.meshgrid(
            *(torch.arange(stride // 2, side, stride) for side in open_.shape), indexing="ij"
        )
        chosen = open_[rows, columns]
        rows, columns = rows[chosen], columns[chosen]
        depth = found.depth[rows, columns]
        points = pose.inverse().apply(depth_to_points(found.depth, view.camera)[rows, columns])
        opacity = torch.where(found.sure[rows, columns], SURE_OPACITY, UNSURE_OPACITY)
        taken.append((points, view.rgb[rows, columns], WIDTH * stride * depth / view.camera.fx, opacity))
    means, colors, width, opacities = (torch.cat(parts) for parts in zip(*taken, strict=True))
    wxyz = torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(len(means), 4).contiguous()
    return Splats(means, wxyz, width[:, None].repeat(1, 3), opacities, colors)


def _stride(views: Sequence[SceneView], count: int) -> int:
    """Pixels between the splats of a view."""
    first, *rest = (float(view.shown.sum()) for view in views)
    return max(1, round(((first + OVERLAP * sum(rest)) / count) ** 0.5))


def _in_free_space(
    index: int, views: Sequence[SceneView], cam_from_world: SE3, depths: Sequence[ViewDepth]
) -> Tensor:
    """(H, W) bool: unsure places that another view surely looks through, or that its mask leaves out."""
    free = torch.zeros_like(depths[index].sure)
    for other in range(len(views)):
        if other == index:
            continue
        # Where the other view is not sure its depth is moved to the camera: nothing lies in front of that.
        surface = torch.where(depths[other].sure, depths[other].depth, 1e-9)
        surface = torch.where(views[other].shown, surface, torch.inf)
        gap = relative_gap(
            depths[index].depth,
            views[index],
            cam_from_world[index],
            surface,
            views[other],
            cam_from_world[other],
        )
        free |= gap < -FREE
    return free & ~depths[index].sure


def _covered(view: SceneView, cam_from_world: SE3, depth: Tensor, points: Tensor, stride: int) -> Tensor:
    """(H, W) bool: pixels in whose neighbourhood a point lies at about their depth."""
    at = cam_from_world.apply(points)
    at = at[at[:, 2] > 1e-6]
    column, row = view.camera.project(at).round().clamp(-1e6, 1e6).long().unbind(-1)
    height, width = depth.shape
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    column, row, z = column[inside], row[inside], at[inside, 2]
    near = (z / depth[row, column] - 1).abs() < COVERED
    hit = torch.zeros(1, 1, height, width)
    hit[0, 0, row[near], column[near]] = 1.0
    return torch.nn.functional.max_pool2d(hit, 2 * (stride // 2) + 1, 1, stride // 2)[0, 0] > 0
