"""How well scene points lie on the posed surface: FreeZe's score, for thousands of poses at once."""

from __future__ import annotations

from torch import Tensor

from objpose.crops import Crop
from objpose.features import PointCloud
from objpose.geometry import SE3, upload
from objpose.objects import Surface
from objpose.raster import seen_through, surface_agreement

PROBES = 32  # surface points, about, that ask the depth image whether they can be where a pose puts them
BEHIND = 0.05  # of the diameter by which the depth must lie behind a probe to refute it


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
    scene = cloud.points, cloud.normals
    return surface_agreement(surface.index, *scene, cam_from_obj.wxyz_xyz, max_distance, similarity)


def pose_score(
    surface: Surface, crop: Crop, cloud: PointCloud, cam_from_obj: SE3, max_distance: float
) -> Tensor:
    """(B,) in [0, 1]: the surface score, less where the depth image sees through the pose."""
    probes = surface.cloud.points[:: max(1, len(surface.cloud) // PROBES)]
    camera = upload(crop.K, crop.device)
    through = seen_through(probes, crop.depth, camera, cam_from_obj.wxyz_xyz, BEHIND * surface.diameter)
    return surface_score(surface, cloud, cam_from_obj, max_distance) * (1 - through).square()
