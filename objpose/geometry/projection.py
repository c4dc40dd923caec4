"""From depth images to points and surface normals."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry.arrays import ArrayLike
from objpose.geometry.camera import Camera

# Neighbours steeper than this (tangent of the angle to the image plane, 80 degrees) lie across a depth jump.
MAX_SLOPE = 6.0


def depth_to_points(depth: ArrayLike, camera: Camera) -> Tensor:
    """Points (H, W, 3) in the camera frame, metres, of z-depth (H, W).

    Zero where depth is missing (0), and at pixels where the lens puts no point in front of the camera.
    """
    depth = torch.as_tensor(depth, dtype=torch.float32)
    points = camera.rays(device=depth.device) * depth[..., None]
    return (
        points if camera.lens is None else torch.where(points.isfinite().all(-1, keepdim=True), points, 0.0)
    )


def depth_normals(depth: ArrayLike, camera: Camera, smoothing: int = 3) -> Tensor:
    """Unit normals (H, W, 3) in the camera frame, facing the camera; zero where undefined.

    depth: (H, W) metres, 0 = missing. smoothing: how often slopes are shared with the next pixels, 0 for
    exact depth, 3 for a structured-light camera. The inverse depth of a plane is linear in the image, so its
    slopes give the normal without any cross product. Nothing is shared across a depth jump.
    """
    depth = torch.as_tensor(depth, dtype=torch.float32)
    inverse_depth = torch.where(depth > 0, 1 / depth.clamp(min=1e-6), 0.0)
    joined_x = _joined(inverse_depth[:, :-1], inverse_depth[:, 1:], camera.fx)
    joined_y = _joined(inverse_depth[:-1], inverse_depth[1:], camera.fy)
    sums = _slope_sums(inverse_depth, joined_x, joined_y)
    is_defined = (sums[2] > 0) & (sums[3] > 0)
    for _ in range(smoothing):
        sums = _shared(_shared(sums, joined_x, dim=2), joined_y, dim=1)
    slope_x, slope_y = sums[:2] / sums[2:].clamp(min=1.0)
    nx, ny, nz = _plane(inverse_depth, slope_x, slope_y, camera)
    is_defined &= nz.isfinite()
    # The plane is n . x = 1 with x in front, so n points away from the camera: the minus turns it.
    scale = torch.where(is_defined, -torch.rsqrt((nx * nx + ny * ny + nz * nz).clamp(min=1e-20)), 0.0)
    return torch.where(is_defined[..., None], torch.stack([nx * scale, ny * scale, nz * scale], dim=-1), 0.0)


def _plane(
    inverse_depth: Tensor, slope_x: Tensor, slope_y: Tensor, camera: Camera
) -> tuple[Tensor, Tensor, Tensor]:
    """n (H, W) of each pixel's plane n . x = 1, of inverse depth and its slopes a pixel; NaN without ray."""
    if camera.lens is None:
        u = torch.arange(camera.width, dtype=torch.float32, device=slope_x.device) - camera.cx
        v = torch.arange(camera.height, dtype=torch.float32, device=slope_x.device) - camera.cy
        return slope_x * camera.fx, slope_y * camera.fy, inverse_depth - slope_x * u - slope_y * v[:, None]
    # A lens bends the rows and columns of pixels: the slopes are led back to the plane z = 1.
    x, y = camera.rays(device=slope_x.device)[..., :2].unbind(-1)
    (x_down, x_right), (y_down, y_right) = torch.gradient(x), torch.gradient(y)
    area = x_right * y_down - x_down * y_right
    nx = (slope_x * y_down - slope_y * y_right) / area
    ny = (slope_y * x_right - slope_x * x_down) / area
    return nx, ny, inverse_depth - nx * x - ny * y


def _joined(here: Tensor, there: Tensor, focal: float) -> Tensor:
    """1.0 where no depth jump parts two neighbours of these inverse depths, else 0.0."""
    # A missing pixel has inverse depth zero, which makes the limit zero too.
    return ((there - here).abs() < torch.minimum(here, there) * (MAX_SLOPE / focal)).float()


def _slope_sums(inverse_depth: Tensor, joined_x: Tensor, joined_y: Tensor) -> Tensor:
    """(4, H, W): at each pixel, the sum of inverse depth's steps along x and along y, and their numbers."""
    sums = inverse_depth.new_zeros(4, *inverse_depth.shape)
    step_x = (inverse_depth[:, 1:] - inverse_depth[:, :-1]) * joined_x
    step_y = (inverse_depth[1:] - inverse_depth[:-1]) * joined_y
    for total, part in ((sums[0], step_x), (sums[2], joined_x)):
        total[:, :-1] += part
        total[:, 1:] += part
    for total, part in ((sums[1], step_y), (sums[3], joined_y)):
        total[:-1] += part
        total[1:] += part
    return sums


def _shared(sums: Tensor, joined: Tensor, dim: int) -> Tensor:
    """Each pixel's sums plus those of its two neighbours along `dim`, where they are joined."""
    total, n = sums.clone(), sums.shape[dim]
    total.narrow(dim, 0, n - 1).addcmul_(sums.narrow(dim, 1, n - 1), joined)
    total.narrow(dim, 1, n - 1).addcmul_(sums.narrow(dim, 0, n - 1), joined)
    return total
