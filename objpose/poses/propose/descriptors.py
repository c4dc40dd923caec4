"""Pose hypotheses from descriptor matches: FreeZe's registration on the one RANSAC loop."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.features import FusedDescriptor, PointCloud, voxel_cloud
from objpose.geometry import HOST, SE3, kabsch, upload
from objpose.objects import ObjectModel
from objpose.poses.answer import Stats
from objpose.poses.settle import icp, surface_score
from objpose.robust import RansacOptions, ransac, uniform_samples
from objpose.robust.rigid import edge_ratios_agree


@dataclass(frozen=True)
class MatchOptions:
    voxel: float = 0.045  # of the diameter, spacing of the points that carry descriptors
    points: int = 160  # scene points that carry descriptors
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
    Models are made on the host, quick at few numbers and many branches; scored and refined where the object
    is.
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
        host, device = model.on_host, model.device
        self.surface, self.seen, self.device = model.surface, cloud.to(device), device
        self.cloud, self.keypoints = cloud, host.keypoints.cloud
        self.options, self.num_data = options, len(cloud)
        self.max_error = options.max_error * model.diameter
        nearest = distance.topk(min(options.top_k, distance.shape[1]), dim=1, largest=False)
        self.matches = nearest.indices
        # The scale at which descriptors differ here: what separates a point's first match from its last.
        scale = nearest.values[:, -1].median().clamp_min(1e-6)
        likeness = upload(torch.exp(-0.5 * (distance / scale).square()), device)
        self.similarity = likeness[:, upload(host.keypoint_of_surface, device)]

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
        poses = SE3(upload(models, self.device))
        agreement = surface_score(self.surface, self.seen, poses, self.max_error, self.similarity).to(HOST)
        return 1 - agreement, agreement

    def refine(self, models: Tensor) -> Tensor:
        poses = SE3(upload(models, self.device))
        return icp(self.surface, self.seen, poses, 3, 2 * self.max_error, self.max_error).wxyz_xyz.to(HOST)

    @property
    def _least_edge(self) -> float:
        return self.options.least_edge * self.surface.diameter


@dataclass(frozen=True, eq=False)
class MatchSearch:
    """Proposes the best poses of descriptor matches; the seed is that of RANSAC."""

    estimator: MatchEstimator
    seed: int

    def __call__(self) -> tuple[SE3, Stats]:
        """cam_from_obj (k,), k <= options.ransac.keep, best first, possibly none; and RANSAC's iterations."""
        models, stats = ransac(self.estimator, self.estimator.options.ransac, self.seed)
        poses = SE3(upload(models.reshape(-1, 7), self.estimator.device))
        return poses, {"ransac_iterations": stats.iterations}


def color_estimator(
    model: ObjectModel,
    cloud: PointCloud,
    descriptor: FusedDescriptor,
    options: MatchOptions,
    generator: torch.Generator,
) -> MatchEstimator:
    """Matches by shape and local colour. InputError for an object onboarded with another descriptor."""
    known = model.on_host.keypoints
    use_color = known.cloud.colors is not None
    cloud = voxel_cloud(cloud.points, options.voxel * model.diameter, cloud.normals, cloud.colors)
    descriptors = descriptor(cloud, model.diameter, use_color)
    found, expected = descriptors.shape[1], known.descriptors.shape[1]
    if found != expected:
        cure = "onboard it with the descriptor of RGBDOptions"
        raise InputError(f"object {model.name}", f"{expected} numbers a descriptor", str(found), cure)
    chosen = torch.randperm(len(cloud), generator=generator)[: options.points]
    distance = torch.cdist(descriptors[chosen], known.descriptors)
    return MatchEstimator(model, cloud[chosen], distance, options)
