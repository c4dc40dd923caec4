"""From depth images to points and surface normals."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry.arrays import ArrayLike
from objpose.geometry.camera import Camera

# Neighbours steeper than this (tangent of the angle to the image plane, 80 degrees) lie across a depth jump.
MAX_SLOPE = 6.0


def depth_to_points(depth: ArrayLike, camera: Camera) -> Tensor:
    """Points (H, W, 3) in the camera frame, metres, of z-depth (H, W); zero where depth is missing (0)."""
    depth = torch.as_tensor(depth, dtype=torch.float32)
    return camera.rays(device=depth.device) * depth[..., None]


def depth_normals(depth: ArrayLike, camera: Camera) -> Tensor:
    """Unit normals (H, W, 3) in the camera frame, facing the camera; zero where undefined.

    depth: (H, W) metres, 0 = missing. The inverse depth of a plane is linear in the image, so its slopes give
    the normal with no cross products; each slope is fitted to the neighbours at one and two pixels that
    lie on this side of every depth jump. Lens distortion is neglected here.
    """
    depth = torch.as_tensor(depth, dtype=torch.float32)
    inverse_depth = torch.where(depth > 0, 1 / depth.clamp(min=1e-6), 0.0)
    slope_x, has_x = _inverse_depth_slope(inverse_depth, camera.fx)
    slope_y, has_y = _inverse_depth_slope(inverse_depth.mT, camera.fy)
    nx, ny = slope_x * camera.fx, slope_y.mT * camera.fy
    u = torch.arange(depth.shape[1], dtype=torch.float32, device=depth.device) - camera.cx
    v = torch.arange(depth.shape[0], dtype=torch.float32, device=depth.device) - camera.cy
    nz = inverse_depth - slope_x * u - slope_y.mT * v[:, None]
    is_defined = has_x & has_y.mT
    # The plane is n . x = 1 with x in front, so n points away from the camera: the minus turns it.
    scale = torch.where(is_defined, -torch.rsqrt((nx * nx + ny * ny + nz * nz).clamp(min=1e-20)), 0.0)
    return torch.stack([nx * scale, ny * scale, nz * scale], dim=-1)


def _inverse_depth_slope(inverse_depth: Tensor, focal: float) -> tuple[Tensor, Tensor]:
    """Least-squares change of inverse depth per column (H, W), and where it is defined."""
    near_change, near_joined = _joined_change(inverse_depth, 1, focal)
    far_change, far_joined = _joined_change(inverse_depth, 2, focal)
    # What lies between must be joined too.
    far_joined &= near_joined[:, :-1] & near_joined[:, 1:]
    numerator = torch.zeros_like(inverse_depth)
    denominator = torch.zeros_like(inverse_depth)
    for offset, change, is_joined in ((1, near_change, near_joined), (2, far_change, far_joined)):
        # Least squares through the pixel itself: sum(offset * change) / sum(offset^2), over both sides.
        for total, part in (
            (numerator, offset * change * is_joined),
            (denominator, is_joined * float(offset * offset)),
        ):
            total[:, :-offset] += part
            total[:, offset:] += part
    return numerator / denominator.clamp(min=1.0), denominator > 0


def _joined_change(inverse_depth: Tensor, offset: int, focal: float) -> tuple[Tensor, Tensor]:
    """Change over `offset` columns (H, W - offset), and where no depth jump lies across it."""
    here, there = inverse_depth[:, :-offset], inverse_depth[:, offset:]
    change = there - here
    # A missing pixel has inverse depth zero, which makes the limit zero too.
    is_joined = change.abs() < torch.minimum(here, there) * (MAX_SLOPE * offset / focal)
    return change, is_joined
