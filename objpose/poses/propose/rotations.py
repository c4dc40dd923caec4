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
from objpose.objects import ObjectModel
from objpose.poses.answer import Stats
from objpose.poses.distinct import best
from objpose.poses.observation import Observation
from objpose.poses.settle import icp, pose_score


@dataclass(frozen=True)
class SearchOptions:
    rotations: int = 2_000  # about 17 degrees apart
    points: tuple[int, int] = (32, 64)  # scene points of the first look and of the second
    survivors: int = 300  # poses of the first look that get a second
    keep: int = 64  # poses returned
    iterations: int = 3  # of ICP in the second look; the first has one
    reach: tuple[float, float] = (0.15, 0.10)  # of the diameter: ICP's distance at start and end
    max_error: float = 0.08  # of the diameter: what counts as lying on the surface


class RotationSearch:
    """Proposes the best poses of the grid for what was observed; draws the points that look at it once."""

    def __init__(
        self, model: ObjectModel, observation: Observation, options: SearchOptions, generator: torch.Generator
    ):
        self.model, self.observation, self.options = model, observation, options
        self.few, self.some = (observation.cloud.subset(count, generator) for count in options.points)

    def __call__(self) -> tuple[SE3, Stats]:
        """cam_from_obj (keep,), best first; nothing counted."""
        model, options = self.model, self.options
        start, end = (fraction * model.diameter for fraction in options.reach)
        poses = _placed_grid(model, self.observation.cloud, options.rotations)
        poses = icp(model.surface, self.few, poses, 1, start, start)
        poses = poses[best(self._score(self.few, poses), options.survivors)]
        poses = icp(model.surface, self.some, poses, options.iterations, start, end)
        return poses[best(self._score(self.some, poses), options.keep)], {}

    def _score(self, points: PointCloud, poses: SE3) -> Tensor:
        max_error = self.options.max_error * self.model.diameter
        return pose_score(self.model.surface, self.observation.crop, points, poses, max_error)


def _placed_grid(model: ObjectModel, cloud: PointCloud, count: int) -> SE3:
    """Grid rotations, each with the translation that puts its visible centroid on the observed one."""
    rotation = rotation_grid(count)
    observed = cloud.points.mean(0)
    towards_camera = rotation.inverse().apply(-observed / observed.norm())
    centroid = model.views.centroids[model.views.nearest(towards_camera)]
    return SE3.from_rotation_translation(rotation, observed - rotation.apply(centroid))
