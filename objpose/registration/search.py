"""Pose hypotheses with no descriptor: every rotation of a grid, placed by what it would show, settled by ICP.

Smooth, flat or round objects give descriptors nothing to match. Their poses are few enough to try them all:
the translation follows from the visible centroid, and three ICP steps on some dozens of points tell good from
bad.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import SE3, rotation_grid
from objpose.onboarding import ObjectModel
from objpose.registration.icp import icp
from objpose.registration.observation import Observation
from objpose.registration.scoring import pose_score


@dataclass(frozen=True)
class SearchOptions:
    rotations: int = 2_000  # about 17 degrees apart
    points: tuple[int, int] = (32, 64)  # scene points of the first look and of the second
    survivors: int = 300  # poses of the first look that get a second
    keep: int = 64  # poses returned
    iterations: int = 3  # of ICP in the second look; the first has one
    reach: tuple[float, float] = (0.15, 0.10)  # of the diameter: ICP's distance at start and end
    max_error: float = 0.08  # of the diameter: what counts as lying on the surface


def search_poses(
    model: ObjectModel, observation: Observation, options: SearchOptions, generator: torch.Generator
) -> SE3:
    """The best cam_from_obj (keep,) of the grid for what was observed, best first."""
    start, end = (fraction * model.diameter for fraction in options.reach)
    few, some = (observation.cloud.subset(count, generator) for count in options.points)
    max_error = options.max_error * model.diameter
    poses = _placed_grid(model, observation.cloud, options.rotations)
    poses = icp(model.surface, few, poses, 1, start, start)
    score = pose_score(model.surface, observation.crop, few, poses, max_error)
    poses = icp(model.surface, some, best(poses, score, options.survivors), options.iterations, start, end)
    score = pose_score(model.surface, observation.crop, some, poses, max_error)
    return best(poses, score, options.keep)


def best(poses: SE3, score: Tensor, keep: int) -> SE3:
    """The `keep` poses of highest score, best first."""
    return poses[score.sort(descending=True, stable=True).indices[:keep]]


def _placed_grid(model: ObjectModel, cloud: PointCloud, count: int) -> SE3:
    """Grid rotations, each with the translation that puts its visible centroid on the observed one."""
    rotation = rotation_grid(count)
    observed = cloud.points.mean(0)
    towards_camera = rotation.inverse().apply(-observed / observed.norm())
    centroid = model.views.centroids[model.views.nearest(towards_camera)]
    return SE3.from_rotation_translation(rotation, observed - rotation.apply(centroid))
