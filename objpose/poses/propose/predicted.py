"""Poses from coordinates that a network predicts (GS2Pose): PnP, or a rigid motion where there is depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.crops import main_part
from objpose.frame import Frame
from objpose.geometry import SE3, nearest_pixels, on_device
from objpose.nocs import NocsFrame, PoseNet, Prediction
from objpose.nocs.bins import decoded
from objpose.nocs.view import FILL, SIZE, STRIDE, answer_pixels, network_input
from objpose.objects import ObjectModel
from objpose.poses.answer import Stats
from objpose.poses.query import Query, query_view
from objpose.robust import PnPEstimator, RansacOptions, RigidEstimator, ransac

LEAST_PIXELS = 24  # of an answer at half of a crop's resolution; fewer are worth no pose
SEEN = 0.5  # chance of showing the object below which a pixel is left out


# Chosen on the even images of `desk`, with one network: benchmarks/pose_net.py shows the odd ones.
@dataclass(frozen=True)
class PredictedOptions:
    pixels: int = 800  # surest ones that count
    max_error: float = 3.0  # pixels of the crop: reprojection error beyond which a match is an outlier
    max_distance: float = 0.05  # of the diameter: the same with depth
    ransac: RansacOptions = RansacOptions(
        max_iterations=600, min_iterations=200, batch_size=200, keep=16, refine_best=16
    )


@dataclass(frozen=True, eq=False)
class Matches:
    """What N pixels of a frame show, by a network."""

    pixels: Tensor  # (N, 2) of the query
    coordinates: Tensor  # (N, 3) normalised
    weights: Tensor  # (N,) the chance that they hold
    query: Query

    def __len__(self) -> int:
        return len(self.pixels)


def matches_of(prediction: Prediction, query: Query, limit: int) -> Matches:
    """The surest pixels of the first crop's prediction that lie on the mask and show the object."""
    inside = functional.avg_pool2d(query.mask.float()[None, None], STRIDE)[0, 0] > 0.5
    seen = (prediction.mask_logit[0, 0].sigmoid() > SEEN) & inside
    pixels = answer_pixels(query.size)[seen]
    likeliest, chance = decoded(prediction.logits[:1])
    coordinates, weights = likeliest[0].permute(1, 2, 0)[seen], chance[0, 0][seen]
    chosen = weights.argsort(descending=True, stable=True)[:limit]
    return Matches(pixels[chosen], coordinates[chosen], weights[chosen], query)


def predicted_matches(network: PoseNet, frame: Frame, mask: Tensor, limit: int) -> Matches:
    """What a network says of a mask (H, W) of a frame."""
    query = query_view(frame, main_part(mask), SIZE, FILL)
    picture, within = query.rgb.permute(2, 0, 1)[None], query.mask[None, None].float()
    with torch.no_grad():
        prediction = network(network_input(picture, within))
    return matches_of(prediction, query, limit)


def poses_by_picture(matches: Matches, frame: NocsFrame, seed: int, options: PredictedOptions) -> SE3:
    """cam_from_obj (k,), best first, perhaps none."""
    if len(matches) < LEAST_PIXELS:
        return SE3.identity((0,))
    points, query = frame.points(matches.coordinates), matches.query
    estimator = PnPEstimator(matches.pixels, points, query.K, options.max_error, matches.weights)
    models, _ = ransac(estimator, options.ransac, seed)
    return query.cam_from_obj(SE3(models.reshape(-1, 7)))


def poses_by_depth(
    matches: Matches,
    frame: NocsFrame,
    seen: Frame,
    diameter: float,
    seed: int,
    options: PredictedOptions,
) -> SE3:
    """The same, of what the depth of the frame `seen` measured at those pixels."""
    points, measured = measured_points(seen, matches.query, matches.pixels)
    if int(measured.sum()) < LEAST_PIXELS:
        return SE3.identity((0,))
    source = frame.points(matches.coordinates[measured])
    weights = matches.weights[measured]
    max_error = options.max_distance * diameter
    estimator = RigidEstimator(source, points[measured], max_error, weights=weights)
    models, _ = ransac(estimator, options.ransac, seed)
    return SE3(models.reshape(-1, 7))


def measured_points(frame: Frame, query: Query, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 3) metres, camera frame, and (N,) bool where there are any, at pixels (N, 2) of a query."""
    assert frame.depth is not None  # asked for of frames with depth alone
    homogeneous = torch.cat([pixels, torch.ones_like(pixels[:, :1])], dim=-1)
    rays = query.query_from_cam.inverse().apply(homogeneous @ torch.linalg.inv(query.K).mT)
    column, row, inside = nearest_pixels(frame.camera.project(rays), *frame.size)
    depth = torch.where(inside, frame.depth[row, column], 0.0)
    points = frame.camera.unproject(torch.stack([column, row], dim=-1).float(), depth)
    measured = (depth > 0) & points.isfinite().all(-1)
    return points, measured


def predicted_by(
    network: PoseNet | None,
    model: ObjectModel,
    frame: Frame,
    mask: Tensor,
    seed: int,
    options: PredictedOptions,
) -> dict[str, Callable[[], tuple[SE3, Stats]]]:
    """The proposer of `pipeline.Recipe` that an object's network makes, by its name; none without one."""
    if network is None:
        return {}

    def proposed() -> tuple[SE3, Stats]:
        poses = predicted_poses(model, network, frame, mask, seed, options)
        return on_device(poses, model.device), {}

    return {"predicted": proposed}


def predicted_poses(
    model: ObjectModel,
    network: PoseNet,
    frame: Frame,
    mask: Tensor,
    seed: int,
    options: PredictedOptions = PredictedOptions(),
) -> SE3:
    """cam_from_obj (k,), best first, perhaps none: with depth where the frame has some."""
    matches = predicted_matches(network, frame, mask, options.pixels)
    box = NocsFrame.of(model.on_host.mesh)
    if frame.depth is None:
        return poses_by_picture(matches, box, seed, options)
    return poses_by_depth(matches, box, frame, model.diameter, seed, options)
