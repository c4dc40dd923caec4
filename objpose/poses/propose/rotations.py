"""Pose hypotheses with no descriptor: every rotation of a grid, placed by what it would show, settled by ICP.

Smooth, flat or round objects give descriptors nothing to match. Their poses are few enough to try them all:
the translation follows from the visible centroid, or from the sides that nothing hides, and three ICP steps
on some dozens of points tell good from bad.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import SE3, SO3, on_device, rotation_grid
from objpose.objects import ObjectModel
from objpose.poses.answer import Stats
from objpose.poses.distinct import best
from objpose.poses.observation import Observation
from objpose.poses.propose.free_sides import free_sides
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
        clouds = (observation.cloud.subset(count, generator) for count in options.points)
        self.few, self.some = (cloud.to(model.device) for cloud in clouds)
        self.crop = observation.crop.to(model.device)

    def __call__(self) -> tuple[SE3, Stats]:
        """cam_from_obj (keep,), best first; nothing counted."""
        model, options = self.model, self.options
        start, end = (fraction * model.diameter for fraction in options.reach)
        poses = placed(model.on_host, self.observation, rotation_grid(options.rotations))
        poses = on_device(poses, model.device)
        poses = icp(model.surface, self.few, poses, 1, start, start)
        poses = poses[best(self._score(self.few, poses), options.survivors)]
        poses = icp(model.surface, self.some, poses, options.iterations, start, end)
        return poses[best(self._score(self.some, poses), options.keep)], {}

    def _score(self, points: PointCloud, poses: SE3) -> Tensor:
        max_error = self.options.max_error * self.model.diameter
        return pose_score(self.model.surface, self.crop, points, poses, max_error)


def placed(model: ObjectModel, observation: Observation, rotation: SO3) -> SE3:
    """(B,) or (2 B,) rotations (B,) with the translations that put what they show where it was observed.

    By the visible centroid; and where something hides a side of the object, by its free sides too: what is
    hidden moves the centroid, but not those.
    """
    by_centroid = _by_centroid(model, observation.cloud, rotation)
    free = free_sides(observation.crop, model.diameter)
    if bool(free.all()) or not bool(free.any()):
        return by_centroid
    return SE3.cat([by_centroid, _by_sides(model, observation.cloud, free, by_centroid)])


def _by_centroid(model: ObjectModel, cloud: PointCloud, rotation: SO3) -> SE3:
    """Rotations (B,), each with the translation that puts its visible centroid on the observed one."""
    observed = cloud.points.mean(0)
    towards_camera = rotation.inverse().apply(-observed / observed.norm())
    centroid = model.views.centroids[model.views.nearest(towards_camera)]
    return SE3.from_rotation_translation(rotation, observed - rotation.apply(centroid))


def _by_sides(model: ObjectModel, cloud: PointCloud, free: Tensor, poses: SE3) -> SE3:
    """Poses (B,) moved across the view, that the object's extent meets the observed one on its free sides.

    free: (2, 2) bool, left and right, top and bottom. Between two free sides it is centred, without any it
    stays.
    """
    depth = float(cloud.points[:, 2].median())
    seen = cloud.points[:, :2] / cloud.points[:, 2:]
    observed = torch.stack([seen.amin(0), seen.amax(0)], dim=-1)
    points = poses.apply_points(model.surface.cloud.points[:: max(1, len(model.surface.cloud) // 100)])
    drawn = points[..., :2] / points[..., 2:]
    drawn = torch.stack([drawn.amin(1), drawn.amax(1)], dim=-1)
    gap = (observed - drawn) * free
    shift = depth * gap.sum(-1) / free.sum(-1).clamp_min(1)
    shift = torch.cat([shift, torch.zeros(len(shift), 1)], dim=-1)
    return SE3.from_rotation_translation(poses.rotation, poses.translation + shift)
