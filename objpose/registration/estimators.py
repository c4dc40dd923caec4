"""Who matches a frame's points with an object's: by shape and local colour, or by shape and features."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.features import DenseFeatures, PointCloud, voxel_cloud
from objpose.frame import Frame
from objpose.onboarding import ObjectModel
from objpose.registration.matching import MatchEstimator
from objpose.registration.options import RegistrationOptions
from objpose.registration.visual_matching import oriented_estimator
from objpose.registration.visual_model import VisualModel, visual_model
from objpose.registration.visual_target import VisualCrop, patch_points, visual_crop


@dataclass(frozen=True, eq=False)
class Sight:
    """What features see of the object, and of the frame."""

    features: DenseFeatures
    visual: VisualModel
    crop: VisualCrop


def look(
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    cloud: PointCloud,
    options: RegistrationOptions,
    features: DenseFeatures,
) -> Sight:
    """The object's views, described once and for all, and the frame around the mask (H, W) at their scale.

    cloud: the mask's points, camera frame, metres. Raises ValueError for an object without colour.
    """
    visual = visual_model(model, features, options.descriptor.geometric, options.visual)
    distance = float(cloud.points[:, 2].median())
    return Sight(features, visual, visual_crop(frame, mask, visual.scale, distance, model.diameter))


def color_estimator(
    model: ObjectModel, cloud: PointCloud, options: RegistrationOptions, generator: torch.Generator
) -> MatchEstimator:
    """Matches by shape and local colour."""
    use_color = model.keypoints.cloud.colors is not None
    cloud = voxel_cloud(cloud.points, options.match_voxel * model.diameter, cloud.normals, cloud.colors)
    descriptors = options.descriptor(cloud, model.diameter, use_color)
    found, expected = descriptors.shape[1], model.keypoints.descriptors.shape[1]
    if found != expected:
        cure = "onboard it with the descriptor of RegistrationOptions"
        raise InputError(f"object {model.name}", f"{expected} numbers a descriptor", str(found), cure)
    chosen = torch.randperm(len(cloud), generator=generator)[: options.match_points]
    distance = torch.cdist(descriptors[chosen], model.keypoints.descriptors)
    return MatchEstimator(model, cloud[chosen], distance, options.matching)


def feature_estimator(
    sight: Sight, cloud: PointCloud, options: RegistrationOptions, generator: torch.Generator
) -> MatchEstimator:
    """Matches by shape and by what the features see."""
    visual, diameter = sight.visual, sight.visual.model.diameter
    scene = voxel_cloud(cloud.points, options.match_voxel * diameter, cloud.normals, None)
    patches = patch_points(sight.crop, sight.features, visual.turns)
    # What lies too far from the rest is not of the object.
    near = (patches.points - scene.points.median(0).values).abs().amax(-1) < diameter
    patches = patches[near]
    chosen = torch.randperm(len(patches.points), generator=generator)[: options.match_points]
    geometric = options.descriptor.geometric
    return oriented_estimator(visual, patches[chosen], scene, geometric, options.matching)
