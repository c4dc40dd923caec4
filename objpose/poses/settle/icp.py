"""Point-to-plane ICP of many poses at once, with residuals trimmed by a shrinking distance.

Chen & Medioni 1992; the weights are Tukey's, so that a neighbour's pixels inside the mask lose their say.
"""

from __future__ import annotations

from objpose.features import PointCloud
from objpose.geometry import SE3
from objpose.objects import Surface
from objpose.raster import register_points


def icp(
    surface: Surface,
    cloud: PointCloud,
    cam_from_obj: SE3,
    iterations: int,
    start_distance: float,
    end_distance: float,
) -> SE3:
    """Poses (B,) after Gauss-Newton steps that ignore pairs farther apart than the distance, metres."""
    reaches = iterations, start_distance, end_distance
    moved = register_points(surface.index, cloud.points, cloud.normals, cam_from_obj.wxyz_xyz, *reaches)
    return SE3(moved)
