"""Pose hypotheses from pairs of matched patches: each match tells a point, a normal and a direction."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.features import DenseFeatures, PointCloud, PointDescriptor, voxel_cloud
from objpose.geometry import kabsch
from objpose.poses.propose.descriptors import MatchEstimator, MatchOptions
from objpose.poses.propose.visual_model import VisualModel
from objpose.poses.propose.visual_target import PatchPoints, VisualCrop, patch_points
from objpose.robust.rigid import edge_ratios_agree

ARM = 0.1  # of the diameter: how far normals and directions reach beside the distance of two points
ALIGNED = 0.6  # least cosine of matched directions under a hypothesis; turns are steps of 45 degrees


class OrientedEstimator(MatchEstimator):
    """MatchEstimator for matches that know how the keypoint is turned: two of them give a pose."""

    sample_size = 2

    def __init__(
        self,
        visual: VisualModel,
        cloud: PointCloud,
        distance: Tensor,
        directions: Tensor,
        options: MatchOptions,
    ):
        """distance: (N, K) as for MatchEstimator; directions: (N, K, 3) the keypoints' if matched."""
        super().__init__(visual.model, cloud, distance, options)
        self.scene_directions, self.directions = directions, visual.directions
        self.arm = ARM * self.surface.diameter

    def generate(self, samples: Tensor) -> Tensor:
        scene, keypoint = samples.unbind(-1)
        source, target = self.keypoints.points[keypoint], self.cloud.points[scene]
        good = edge_ratios_agree(source, target, self.options.edge_ratio)
        good &= (target[:, 0] - target[:, 1]).norm(dim=-1) > self._least_edge
        scene, keypoint = scene[good], keypoint[good]
        normals, directions = self.cloud.normals[scene], self.scene_directions[scene, keypoint]
        known_normals, known_directions = self.keypoints.normals[keypoint], self.directions[keypoint]
        cam_from_obj = kabsch(
            _with_arms(source[good], known_normals, known_directions, self.arm),
            _with_arms(target[good], normals, directions, self.arm),
        )
        rotation = cam_from_obj.rotation.matrix().mT
        facing = (known_normals @ rotation * normals).sum(-1).amin(1) > self.options.facing
        aligned = (known_directions @ rotation * directions).sum(-1).amin(1) > ALIGNED
        return cam_from_obj.wxyz_xyz[facing & aligned]


def feature_estimator(
    visual: VisualModel,
    seen: VisualCrop,
    features: DenseFeatures,
    cloud: PointCloud,
    geometric: PointDescriptor,
    options: MatchOptions,
    generator: torch.Generator,
) -> MatchEstimator:
    """Matches by shape and by what the features see. cloud: the mask's points, camera frame, metres."""
    diameter = visual.model.diameter
    scene = voxel_cloud(cloud.points, options.voxel * diameter, cloud.normals, None)
    patches = patch_points(seen, features, visual.turns)
    # What lies too far from the rest is not of the object.
    near = (patches.points - scene.points.median(0).values).abs().amax(-1) < diameter
    patches = patches[near]
    chosen = torch.randperm(len(patches.points), generator=generator)[: options.points]
    return oriented_estimator(visual, patches[chosen], scene, geometric, options)


def oriented_estimator(
    visual: VisualModel,
    patches: PatchPoints,
    scene: PointCloud,
    geometric: PointDescriptor,
    options: MatchOptions,
) -> OrientedEstimator:
    """The estimator of some patches; normals and the geometric half are those of the nearest scene points."""
    nearest = torch.cdist(patches.points, scene.points).argmin(1)
    cloud = PointCloud(patches.points, scene.normals[nearest])
    halves = functional.normalize(geometric(scene, visual.model.diameter), dim=-1)[nearest]
    seen = visual.projected(patches.descriptors).transpose(0, 1)
    # Each keypoint is compared in the turn in which it looks most alike, which tells its direction.
    gap, turn = torch.cdist(seen, visual.visual.expand(len(seen), -1, -1)).square().min(0)
    distance = (torch.cdist(halves, visual.model.on_host.keypoints.descriptors).square() + gap).sqrt()
    directions = patches.directions(cloud.normals).gather(1, turn[..., None].expand(-1, -1, 3))
    return OrientedEstimator(visual, cloud, distance, directions, options)


def _with_arms(points: Tensor, normals: Tensor, directions: Tensor, arm: float) -> Tensor:
    """(B, 6 n, 3) the ends of the axes of frames at points (B, n, 3)."""
    axes = arm * torch.cat([normals, directions, torch.linalg.cross(normals, directions)], dim=1)
    points = points.repeat(1, 3, 1)
    return torch.cat([points + axes, points - axes], dim=1)
