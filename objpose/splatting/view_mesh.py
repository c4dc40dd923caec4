"""The mesh of an object that only posed views and the splats fitted to them know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, Mesh
from objpose.raster import Splats, render_mesh
from objpose.splatting.fusion import fused_mesh
from objpose.splatting.texturing import textured_mesh

FACES = 10_000
ROUNDS = 3  # of growing: outlines do not grow quite in proportion


def view_mesh(splats: Splats, views: Sequence[Crop], cam_from_obj: SE3) -> Mesh:
    """A closed textured mesh (metres) of splats as fitted to N views.

    The splats give the shape, the views' masks the outline, the views themselves the colours.
    """
    mesh = fused_mesh(splats, views, cam_from_obj, FACES)
    for _ in range(ROUNDS):
        mesh = replace(mesh, vertices=mesh.vertices + _gap(mesh, views, cam_from_obj) * mesh.vertex_normals())
    return textured_mesh(mesh, views, cam_from_obj)


def _gap(mesh: Mesh, views: Sequence[Crop], cam_from_obj: SE3) -> float:
    """Metres by which the surface should stand out farther, for the outlines to cover what the masks cover.

    Splats are drawn wider than they are, by a pixel's blur at the resolution of the fit: fitted to outlines
    they, and the surface through their middles, lie that much within.
    """
    centre = mesh.bounds().mean(0)
    gaps = []
    for view, pose in zip(views, cam_from_obj, strict=True):
        drawn = render_mesh(mesh, pose, view.K, view.size, view.size, near=NEAR).mask[0] & view.inside
        missing = (view.mask & view.inside).sum() - drawn.sum()
        gaps.append(missing / _border_length(drawn) * pose.apply(centre)[2] / view.K[0, 0])
    return float(torch.stack(gaps).median())


def _border_length(mask: Tensor) -> Tensor:
    """() pixels along the border of a mask (H, W), by Cauchy-Crofton's mean over rows and columns."""
    steps = (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()
    return (steps * torch.pi / 4).clamp_min(1)
