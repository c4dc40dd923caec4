"""Point-to-plane ICP of many poses at once, with residuals trimmed by a shrinking distance.

Chen & Medioni 1992; the weights are Tukey's, so that a neighbour's pixels inside the mask lose their say.
"""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import SE3
from objpose.objects import Surface
from objpose.objects.surface import FACING
from objpose.poses.settle.scoring import to_object
from objpose.robust import soft_inlier

# Of the mean curvature: what a flat or round patch leaves open must not answer to noise.
DAMPING = 1e-2


def icp(
    surface: Surface,
    cloud: PointCloud,
    cam_from_obj: SE3,
    iterations: int,
    start_distance: float,
    end_distance: float,
) -> SE3:
    """Poses (B,) after Gauss-Newton steps that ignore pairs farther apart than the distance, metres."""
    for step in range(iterations):
        progress = step / max(iterations - 1, 1)
        reach = start_distance * (end_distance / start_distance) ** progress
        cam_from_obj = cam_from_obj @ SE3.exp(-_object_step(surface, cloud, cam_from_obj, reach))
    return cam_from_obj


def _object_step(surface: Surface, cloud: PointCloud, cam_from_obj: SE3, reach: float) -> Tensor:
    """(B, 6) twist that moves the scene points, seen in the object frame, onto the tangent planes."""
    points, scene_normals = to_object(cam_from_obj, cloud)
    foot, normals = surface.closest(points, scene_normals)[1].split(3)
    offset = points - foot
    residual = (offset * normals).sum(0, keepdim=True)
    weight = soft_inlier(offset.square_().sum(0), reach).square_()  # Tukey's
    weight *= (scene_normals * normals).sum(0) > FACING
    # About the object's centre and in diameters: shifts and turns then weigh alike.
    arm = (points - surface.centre[:, None, None]) / surface.diameter
    system = torch.cat([normals, _cross(arm, normals), residual]).transpose(0, 1)
    normal, gradient = ((system[:, :6] * weight[:, None]) @ system.mT).split([6, 1], dim=-1)
    shift, turn = _bounded_step(normal, gradient, reach).split(3, dim=-1)
    turn = turn / surface.diameter
    return torch.cat([shift - torch.linalg.cross(turn, surface.centre.expand_as(turn)), turn], dim=-1)


def _cross(first: Tensor, second: Tensor) -> Tensor:
    """(3, *) cross products of (3, *): torch's own takes twenty times as long with coordinates first."""
    x, y, z = first
    u, v, w = second
    return torch.stack([y * w - z * v, z * u - x * w, x * v - y * u])


def _bounded_step(normal: Tensor, gradient: Tensor, longest: float) -> Tensor:
    """(B, 6) damped Gauss-Newton step, no longer than the distance its residuals were taken in."""
    curvature = normal.diagonal(dim1=-2, dim2=-1).mean(-1).clamp_min(1e-9)
    damped = normal + DAMPING * torch.diag_embed(curvature[:, None].expand(-1, 6))
    step = -torch.linalg.solve_ex(damped, gradient)[0][..., 0]
    length = step.view(-1, 2, 3).norm(dim=-1).amax(-1, keepdim=True)
    return step * (longest / length.clamp_min(longest))
