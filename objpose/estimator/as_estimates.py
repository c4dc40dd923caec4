"""Answers in masks as estimates: with confidences, best first."""

from __future__ import annotations

from collections.abc import Mapping

from objpose.errors import InputError
from objpose.estimator.estimate import PoseEstimate, pose_estimate
from objpose.estimator.in_masks import Asked, Found
from objpose.estimator.mirrored_frame import mirror_asked
from objpose.objects import ObjectModel
from objpose.poses import RGB, RGB_SEARCHED, RGBD, Calibration, Stats

# What evidence means, by method, in masks that were given and in places that were found.
GIVEN: Mapping[str, Calibration] = {"rgbd": RGBD, "rgb": RGB}
FOUND: Mapping[str, Calibration] = {"rgbd": RGBD, "rgb": RGB_SEARCHED}


def as_estimates(
    asked: Asked, found: Found, objects: Mapping[str, ObjectModel], calibrations: Mapping[str, Calibration]
) -> list[PoseEstimate]:
    """Of the targets that have an answer; objects: on the host."""
    seen: Stats = {}
    frame, calibration = asked.frame, calibrations[asked.method]
    if asked.method == "rgbd" and frame.depth is not None:
        seen["depth_missing"] = float((frame.depth == 0).float().mean())
    estimates = [
        pose_estimate(i, objects[target.object], answer, calibration, frame.camera, seen)
        for i, (target, answer) in enumerate(zip(asked.targets, found, strict=True))
        if not isinstance(answer, InputError)
    ]
    if asked.method == "rgbd":
        estimates = mirror_asked(estimates, frame, asked.masks, objects)
    return sorted(estimates, key=lambda estimate: -estimate.score)
