"""How well scene points lie on the posed surface: FreeZe's score, for thousands of poses at once."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.features import PointCloud
from objpose.geometry import SE3, nearest_pixels
from objpose.objects import Surface
from objpose.objects.surface import FACING
from objpose.robust import soft_inlier

PROBES = 32  # surface points, about, that ask the depth image whether they can be where a pose puts them
BEHIND = 0.05  # of the diameter by which the depth must lie behind a probe to refute it


def to_object(cam_from_obj: SE3, cloud: PointCloud) -> tuple[Tensor, Tensor]:
    """Points and normals (3, B, N) of a cloud in the camera frame, in the object frames of the poses (B,).

    Coordinates come first: numbers of one kind side by side are what the processor is quick at.
    """
    obj_from_cam = cam_from_obj.rotation.matrix().permute(2, 0, 1)
    rows = obj_from_cam.reshape(-1, 3)
    points, normals = (
        (rows @ part.T).view(*obj_from_cam.shape[:2], -1) for part in (cloud.points, cloud.normals)
    )
    return points - (obj_from_cam * cam_from_obj.translation).sum(-1)[..., None], normals


def surface_score(
    surface: Surface,
    cloud: PointCloud,
    cam_from_obj: SE3,
    max_distance: float,
    similarity: Tensor | None = None,
) -> Tensor:
    """(B,) in [0, 1]: mean over ALL scene points of their agreement with the posed surface.

    A point agrees by 1 - (distance / max_distance)^2, when its normal does too, times the descriptor
    similarity (N, number of surface points) of the pair where one is given (Eq. 5 of FreeZe, with a soft
    inlier test).
    """
    points, normals = to_object(cam_from_obj, cloud)
    closest, found = surface.closest(points, normals)
    foot, surface_normals = found.split(3)
    agreement = soft_inlier((points - foot).square_().sum(0), max_distance)
    agreement *= (normals * surface_normals).sum(0) > FACING
    if similarity is not None:
        agreement *= similarity[torch.arange(len(cloud), device=closest.device), closest]
    return agreement.mean(-1)


def seen_through(surface: Surface, crop: Crop, cam_from_obj: SE3) -> Tensor:
    """(B,) share of the surface's probes beyond which the sensor saw, under each pose: none can be there."""
    probes = surface.cloud.points[:: max(1, len(surface.cloud) // PROBES)]
    points = cam_from_obj.apply_points(probes)
    column, row, inside = nearest_pixels(crop.camera.project(points), crop.size, crop.size)
    refuted = crop.depth[row, column] > points[..., 2] + BEHIND * surface.diameter
    return (refuted & inside & (points[..., 2] > 0)).float().mean(-1)


def pose_score(
    surface: Surface, crop: Crop, cloud: PointCloud, cam_from_obj: SE3, max_distance: float
) -> Tensor:
    """(B,) in [0, 1]: the surface score, less where the depth image sees through the pose."""
    through = seen_through(surface, crop, cam_from_obj)
    return surface_score(surface, cloud, cam_from_obj, max_distance) * (1 - through).square()
