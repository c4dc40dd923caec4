"""Colours of a mesh from the posed views that it was made from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from scipy import ndimage
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, Mesh, bilinear
from objpose.raster import interpolate, rasterize, render_mesh
from objpose.splatting.atlas import Atlas, chart_atlas

TEXELS = 320  # of the diameter
HIDDEN = 0.015  # of the diameter behind the mesh's own depth: another surface is in front
FRONTAL = 4  # power of the cosine of incidence that a view's colour counts with
LANDMARKS = 5_000  # texels that lend their colour to those that no view sees
BORDER = 3  # pixels of a mask's border, across, that are left out: colours mix there


def textured_mesh(mesh: Mesh, views: Sequence[Crop], cam_from_obj: SE3) -> Mesh:
    """The mesh (metres) with a texture: at each texel the mean colour of the views (N) that see it.

    Views that look straight at it count most; what no view sees takes the colour of the nearest place that
    one does.
    """
    atlas = chart_atlas(mesh, mesh.diameter() / TEXELS)
    covered, points, normals = _texels(atlas, mesh)
    color, seen = _seen_colors(mesh, points, normals, views, cam_from_obj)
    if bool(seen.any()) and not bool(seen.all()):
        known = seen.nonzero()[:: 1 + int(seen.sum()) // LANDMARKS, 0]
        nearest = cKDTree(points[known].numpy()).query(points[~seen].numpy())[1]
        color[~seen] = color[known[torch.from_numpy(nearest)]]
    texture = torch.zeros(atlas.height, atlas.width, 3)
    texture[covered] = color
    _, (row, column) = ndimage.distance_transform_edt(~covered.numpy(), return_indices=True)
    return atlas.textured((texture[row, column].clamp(0, 1) * 255).round().byte())


def _texels(atlas: Atlas, mesh: Mesh) -> tuple[Tensor, Tensor, Tensor]:
    """Which texels (height, width) lie on the surface; their points (P, 3) and unit normals (P, 3)."""
    # The picture as a camera sees it that looks at the plane z = 1: columns and rows are x and y.
    plane = torch.cat([atlas.texels, torch.ones(len(atlas.texels), 1)], dim=1)
    eye = torch.eye(4)[None]
    fragments = rasterize(plane, atlas.faces, eye, torch.eye(3)[None], atlas.width, atlas.height)
    covered = fragments.face_ids[0] >= 0
    points = interpolate(atlas.vertices, atlas.faces, fragments)[0][covered]
    return covered, points, mesh.face_normals()[0][fragments.face_ids[0][covered].long()]


def _seen_colors(
    mesh: Mesh, points: Tensor, normals: Tensor, views: Sequence[Crop], cam_from_obj: SE3
) -> tuple[Tensor, Tensor]:
    """(P, 3) mean colours, and (P,) whether any view counts."""
    total, weight = torch.zeros(len(points), 3), torch.zeros(len(points))
    for view, pose in zip(views, cam_from_obj, strict=True):
        seen = pose.apply(points)
        toward = functional.normalize(seen, dim=-1)
        facing = -(pose.rotation.apply(normals) * toward).sum(-1)
        depth = render_mesh(mesh, pose, view.K, view.size, view.size, near=NEAR).depth
        inner = functional.max_pool2d((~view.mask)[None].float(), BORDER, 1, BORDER // 2) == 0
        images = torch.cat([view.rgb.permute(2, 0, 1), depth, inner.float()])
        *color, surface, is_inner = bilinear(images[None], view.camera.project(seen)[None])[0]
        visible = (is_inner > 0.99) & (facing > 0) & (seen[:, 2] < surface + HIDDEN * mesh.diameter())
        share = facing.clamp_min(0) ** FRONTAL * visible
        total += share[:, None] * torch.stack(color, dim=-1)
        weight += share
    return total / weight.clamp_min(1e-9)[:, None], weight > 1e-6
