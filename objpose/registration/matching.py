"""Pose hypotheses from descriptor matches: FreeZe's registration on the one RANSAC loop."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import SE3, kabsch
from objpose.onboarding import ObjectModel
from objpose.registration.icp import icp
from objpose.registration.scoring import surface_score
from objpose.robust import RansacOptions, RansacStats, ransac, uniform_samples
from objpose.robust.rigid import edge_ratios_agree


@dataclass(frozen=True)
class MatchOptions:
    top_k: int = 10  # keypoints a scene point may be matched to
    edge_ratio: float = 0.65  # least ratio of matched triangle edges; keypoints are coarse
    least_edge: float = 0.1  # of the diameter; smaller triangles fix no rotation
    facing: float = 0.3  # least cosine of matched normals under a hypothesis
    max_error: float = 0.06  # of the diameter: what counts as lying on the surface
    ransac: RansacOptions = RansacOptions(
        max_iterations=3_000, min_iterations=3_000, batch_size=3_000, keep=16, refine_best=16
    )


class MatchEstimator:
    """Estimator contract of objpose.robust.ransac; a model is wxyz_xyz of cam_from_obj.

    The data are the scene points; a minimal sample pairs three of them with one each of their top_k most
    similar keypoints. Scored by the feature-aware surface score, over all scene points.
    """

    sample_size = 3

    def __init__(
        self,
        model: ObjectModel,
        cloud: PointCloud,
        distance: Tensor,
        options: MatchOptions,
    ):
        """cloud: N scene points; distance: (N, K) of their descriptors from those of the keypoints."""
        self.surface, self.cloud, self.keypoints = model.surface, cloud, model.keypoints.cloud
        self.options, self.num_data = options, len(cloud)
        self.max_error = options.max_error * model.diameter
        nearest = distance.topk(min(options.top_k, distance.shape[1]), dim=1, largest=False)
        self.matches = nearest.indices
        # The scale at which descriptors differ here: what separates a point's first match from its last.
        scale = nearest.values[:, -1].median().clamp_min(1e-6)
        self.similarity = torch.exp(-0.5 * (distance / scale).square())[:, model.keypoint_of_surface]

    def draw(self, generator: torch.Generator, count: int) -> Tensor:
        points = uniform_samples(generator, count, self.sample_size, self.num_data)
        ranks = torch.randint(self.matches.shape[1], points.shape, generator=generator)
        return torch.stack([points, self.matches[points, ranks]], dim=-1)

    def generate(self, samples: Tensor) -> Tensor:
        scene, keypoint = samples.unbind(-1)
        source, target = self.keypoints.points[keypoint], self.cloud.points[scene]
        long_enough = (target - target.roll(1, 1)).norm(dim=-1).amin(1) > self._least_edge
        good = edge_ratios_agree(source, target, self.options.edge_ratio) & long_enough
        cam_from_obj = kabsch(source[good], target[good])
        turned = self.keypoints.normals[keypoint[good]] @ cam_from_obj.rotation.matrix().mT
        facing = (turned * self.cloud.normals[scene[good]]).sum(-1).amin(1) > self.options.facing
        return cam_from_obj.wxyz_xyz[facing]

    def score(self, models: Tensor) -> tuple[Tensor, Tensor]:
        agreement = surface_score(self.surface, self.cloud, SE3(models), self.max_error, self.similarity)
        return 1 - agreement, agreement

    def refine(self, models: Tensor) -> Tensor:
        return icp(self.surface, self.cloud, SE3(models), 3, 2 * self.max_error, self.max_error).wxyz_xyz

    @property
    def _least_edge(self) -> float:
        return self.options.least_edge * self.surface.diameter


def match_poses(estimator: MatchEstimator, seed: int) -> tuple[SE3, RansacStats]:
    """The best cam_from_obj (k,), k <= options.ransac.keep, of descriptor matches; possibly none."""
    models, stats = ransac(estimator, replace(estimator.options.ransac, seed=seed))
    return SE3(models.reshape(-1, 7)), stats
