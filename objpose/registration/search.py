"""Pose hypotheses with no descriptor: every rotation of a grid, placed by what it would show, settled by ICP.

Smooth, flat or round objects give descriptors nothing to match. Their poses are few enough to try them all: the
translation follows from the visible centroid, and three ICP steps on some dozens of points tell good from bad.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from objpose.features import PointCloud
from objpose.geometry import SE3, rotation_grid
from objpose.onboarding import ObjectModel
from objpose.registration.icp import icp
from objpose.registration.scoring import surface_score


@dataclass(frozen=True)
class SearchOptions:
    rotations: int = 2_000  # about 17 degrees apart
    icp_points: int = 48  # scene points of the first settling
    icp_iterations: int = 3
    score_points: int = 96  # scene points of the first scoring
    reach: tuple[float, float] = (0.15, 0.10)  # of the diameter: ICP's distance at start and end
    max_error: float = 0.06  # of the diameter: what counts as lying on the surface
    keep: int = 96


def search_poses(
    model: ObjectModel, cloud: PointCloud, options: SearchOptions, generator: torch.Generator
) -> SE3:
    """The best cam_from_obj (keep,) of the grid for a scene cloud (camera frame), best first."""
    some = cloud.subset(options.score_points, generator)
    cam_from_obj = _placed_grid(model, cloud, options.rotations)
    start, end = (fraction * model.diameter for fraction in options.reach)
    few = some[torch.arange(min(options.icp_points, len(some)))]
    cam_from_obj = icp(model.surface, few, cam_from_obj, options.icp_iterations, start, end)
    score = surface_score(model.surface, some, cam_from_obj, options.max_error * model.diameter)
    return cam_from_obj[score.sort(descending=True, stable=True).indices[: options.keep]]


def _placed_grid(model: ObjectModel, cloud: PointCloud, count: int) -> SE3:
    """Grid rotations, each with the translation that puts its visible centroid on the observed one."""
    rotation = rotation_grid(count)
    observed = cloud.points.mean(0)
    towards_camera = rotation.inverse().apply(-observed / observed.norm())
    centroid = model.views.centroids[model.views.nearest(towards_camera)]
    return SE3.from_rotation_translation(rotation, observed - rotation.apply(centroid))
