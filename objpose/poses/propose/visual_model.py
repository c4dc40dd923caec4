"""Keypoints that carry visual features beside the geometric ones: FreeZe's side of the object."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor
from torch.nn import functional

from objpose.features import DenseFeatures, PointCloud, PointDescriptor, PrincipalComponents
from objpose.objects import Keypoints, ObjectModel
from objpose.objects.store import Making, OnDisk, made_of
from objpose.poses.propose.visual_views import (
    VisualScale,
    averaged_features,
    surface_directions,
    view_sphere,
)

FORMAT = 1  # raised when the way visual models are made changes


@dataclass(frozen=True)
class VisualOptions:
    views: int = 162  # on the sphere
    turns: int = 8  # of an image: one would do for features that do not change with them
    cells: int = 16  # of the feature map that the object's diameter spans
    least_seen: float = 0.1  # share of the views, below which a keypoint is dropped
    components: int = 64  # principal components kept of a descriptor


@dataclass(frozen=True, eq=False)
class VisualModel:
    """An object as the features see it."""

    features: str  # name of the features; a frame's must come from the same
    model: ObjectModel  # with keypoints that enough views see, and their geometric half of unit length
    visual: Tensor  # (N, D) the keypoints' visual half, of unit length
    directions: Tensor  # (N, 3) what pointed up when they were described: unit, along the surface
    components: PrincipalComponents
    scale: VisualScale
    turns: int

    def projected(self, descriptors: Tensor) -> Tensor:
        """(*, D) visual halves of descriptors (*, C) as the features give them."""
        return functional.normalize(self.components.project(descriptors), dim=-1)


def build_visual_model(
    model: ObjectModel,
    features: DenseFeatures,
    geometric: PointDescriptor,
    options: VisualOptions = VisualOptions(),
) -> VisualModel:
    """Render the views and describe them.

    Raises:
        ValueError: an object without colour.
    """
    if model.color_source == "none":
        raise ValueError(f"{model.name} has no colour for features to see")
    scale, cloud = VisualScale(options.cells, features.stride), model.keypoints.cloud
    sphere = view_sphere(model.mesh, cloud, scale, options.views)
    means = averaged_features(model.mesh, cloud, sphere, features, scale, options.turns)
    share = sphere.visible.float().mean(0)
    # Where little shows of most of them, as in a basket, the half that shows most must do.
    kept = share >= min(options.least_seen, float(share.median()))
    halves = functional.normalize(geometric(cloud, model.diameter)[kept], dim=-1)
    components = PrincipalComponents.fit(means[kept], options.components)
    return VisualModel(
        features=features.name,
        model=replace(model, keypoints=Keypoints(cloud[kept], halves)),
        visual=functional.normalize(components.project(means[kept]), dim=-1),
        directions=surface_directions(cloud.normals[kept]),
        components=components,
        scale=scale,
        turns=options.turns,
    )


def visual_model(
    model: ObjectModel,
    features: DenseFeatures,
    geometric: PointDescriptor,
    options: VisualOptions = VisualOptions(),
) -> VisualModel:
    """`build_visual_model`, made at first use and kept (`objpose.objects.store`)."""
    made_with = json.dumps([FORMAT, features.name, features.stride, repr(geometric), repr(options)])
    on_disk = OnDisk(_arrays, lambda arrays: _visual_model(arrays, model, features, options))
    make = partial(build_visual_model, model, features, geometric, options)
    return made_of(model, Making(f"visual-{features.name}", made_with, make, on_disk))


def _arrays(made: VisualModel) -> dict[str, Tensor]:
    keypoints = made.model.keypoints
    arrays = {
        "points": keypoints.cloud.points,
        "normals": keypoints.cloud.normals,
        "colors": keypoints.cloud.colors,
        "descriptors": keypoints.descriptors,
        "visual": made.visual,
        "directions": made.directions,
        "components.mean": made.components.mean,
        "components.basis": made.components.basis,
    }
    return {name: values.contiguous() for name, values in arrays.items() if values is not None}


def _visual_model(
    arrays: dict[str, Tensor], model: ObjectModel, features: DenseFeatures, options: VisualOptions
) -> VisualModel:
    cloud = PointCloud(arrays["points"], arrays["normals"], arrays.get("colors"))
    return VisualModel(
        features=features.name,
        model=replace(model, keypoints=Keypoints(cloud, arrays["descriptors"])),
        visual=arrays["visual"],
        directions=arrays["directions"],
        components=PrincipalComponents(arrays["components.mean"], arrays["components.basis"]),
        scale=VisualScale(options.cells, features.stride),
        turns=options.turns,
    )
