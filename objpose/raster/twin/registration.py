"""Plain-torch twins of registration: the oracle, and what runs where there is no core.

Coordinates come first: numbers of one kind side by side are what the processor is quick at.
"""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, constant, nearest_pixels
from objpose.raster.constants import FACING, ICP_DAMPING
from objpose.raster.registration.bundles import SurfaceIndex


def register_points(
    index: SurfaceIndex,
    points: Tensor,
    normals: Tensor,
    cam_from_obj: Tensor,
    steps: int,
    start: float,
    end: float,
) -> Tensor:
    poses = SE3(cam_from_obj)
    for step in range(steps):
        reach = start * (end / start) ** (step / max(steps - 1, 1))
        poses = poses @ SE3.exp(-object_step(index, points, normals, poses, reach))
    return poses.wxyz_xyz


def surface_agreement(
    index: SurfaceIndex,
    points: Tensor,
    normals: Tensor,
    cam_from_obj: Tensor,
    most: float,
    similarity: Tensor | None,
) -> Tensor:
    here, along = to_object(SE3(cam_from_obj), points, normals)
    closest, found = index.look_up(here, along)
    foot, surface_normals = found.split(3)
    agreement = _soft_inlier(here - foot, most)
    agreement *= (along * surface_normals).sum(0) > FACING
    if similarity is not None:
        agreement *= similarity[torch.arange(len(points), device=closest.device), closest]
    return agreement.mean(-1)


def seen_through(probes: Tensor, depth: Tensor, K: Tensor, cam_from_obj: Tensor, slack: float) -> Tensor:
    points = SE3(cam_from_obj).apply_points(probes)
    pixels = ((points / points[..., 2:]) @ K.mT)[..., :2]
    column, row, inside = nearest_pixels(pixels, *depth.shape)
    refuted = depth[row, column] > points[..., 2] + slack
    return (refuted & inside & (points[..., 2] > 0)).float().mean(-1)


def to_object(cam_from_obj: SE3, points: Tensor, normals: Tensor) -> tuple[Tensor, Tensor]:
    """Points and normals (N, 3), camera frame, in the object frames of the poses (B,): (3, B, N)."""
    obj_from_cam = cam_from_obj.rotation.matrix().permute(2, 0, 1)
    rows = obj_from_cam.reshape(-1, 3)
    here, along = ((rows @ part.T).view(*obj_from_cam.shape[:2], -1) for part in (points, normals))
    return here - (obj_from_cam * cam_from_obj.translation).sum(-1)[..., None], along


def object_step(
    index: SurfaceIndex, points: Tensor, normals: Tensor, cam_from_obj: SE3, reach: float
) -> Tensor:
    """(B, 6) twist that moves the scene points, seen in the object frame, onto the tangent planes."""
    here, along = to_object(cam_from_obj, points, normals)
    foot, surface_normals = index.look_up(here, along)[1].split(3)
    offset = here - foot
    residual = (offset * surface_normals).sum(0, keepdim=True)
    weight = _soft_inlier(offset, reach).square_()  # Tukey's
    weight *= (along * surface_normals).sum(0) > FACING
    # About the object's centre and in diameters: shifts and turns then weigh alike.
    centre = constant(index.centre, here)
    arm = (here - centre[:, None, None]) / index.diameter
    system = torch.cat([surface_normals, _cross(arm, surface_normals), residual]).transpose(0, 1)
    normal, gradient = ((system[:, :6] * weight[:, None]) @ system.mT).split([6, 1], dim=-1)
    shift, turn = _bounded_step(normal, gradient, reach).split(3, dim=-1)
    turn = turn / index.diameter
    return torch.cat([shift - torch.linalg.cross(turn, centre.expand_as(turn)), turn], dim=-1)


def _soft_inlier(offset: Tensor, reach: float) -> Tensor:
    """(*,) 1 at no offset (3, *), 0 from `reach` on."""
    return offset.square().sum(0).div_(-(reach**2)).add_(1.0).clamp_min_(0.0)


def _cross(first: Tensor, second: Tensor) -> Tensor:
    """(3, *) cross products of (3, *): torch's own takes twenty times as long with coordinates first."""
    x, y, z = first
    u, v, w = second
    return torch.stack([y * w - z * v, z * u - x * w, x * v - y * u])


def _bounded_step(normal: Tensor, gradient: Tensor, longest: float) -> Tensor:
    """(B, 6) damped Gauss-Newton step, no longer than the distance its residuals were taken in."""
    curvature = normal.diagonal(dim1=-2, dim2=-1).mean(-1).clamp_min(1e-9)
    damped = normal + ICP_DAMPING * torch.diag_embed(curvature[:, None].expand(-1, 6))
    step = -torch.linalg.solve_ex(damped, gradient)[0][..., 0]
    length = step.view(-1, 2, 3).norm(dim=-1).amax(-1, keepdim=True)
    return step * (longest / length.clamp_min(longest))
