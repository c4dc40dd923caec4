"""A block's surface points and the depth that it gives, which the tests of points share."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from objpose.geometry import SE3, looking_at, view_directions, view_rotations
from objpose.raster import SurfacePoints, render_mesh
from tests.raster.outline_scenes import HEIGHT, WIDTH, K, block, outlines

VIEWS, COUNT = 100, 120
DIAMETER = 0.2


@lru_cache(maxsize=1)
def surface() -> tuple[Tensor, Tensor]:
    """(V, M, 3) points and normals of the block, seen from all around."""
    mesh, samples = block(), block().sample_surface(6000, seed=0)
    poses = looking_at(outlines().centre, view_rotations(VIEWS, 1), 0.6)
    depth = render_mesh(mesh, poses, K, WIDTH, HEIGHT).depth
    points = poses.apply_points(samples.points)
    pixels = (points / points[..., 2:] @ K.T)[..., :2].round().long()
    shown = depth[torch.arange(VIEWS)[:, None], pixels[..., 1], pixels[..., 0]]
    facing = -(poses.rotation.matrix() @ samples.normals.T).mT * points
    is_seen = (points[..., 2] < shown + 2e-3) & (facing.sum(-1) > 0.2 * points.norm(dim=-1))
    shown_by = [seen.nonzero()[:, 0] for seen in is_seen]
    chosen = torch.stack([ids[torch.linspace(0, len(ids) - 1, COUNT).long()] for ids in shown_by])
    return samples.points[chosen], samples.normals[chosen]


def surface_of(cam_from_obj: Tensor) -> SurfacePoints:
    """With the views nearest to poses (B, 7)."""
    towards = SE3(cam_from_obj).inverse().translation - outlines().centre
    view = (towards @ view_directions(VIEWS).T).argmax(1).int()
    return SurfacePoints(*surface(), view)


def depth_of(cam_from_obj: SE3, wall: float = 1.0) -> Tensor:
    """(H, W) of the block before a wall."""
    depth = render_mesh(block(), cam_from_obj, K, WIDTH, HEIGHT).depth[0]
    return torch.where(depth > 0, depth, wall)
