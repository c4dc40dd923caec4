"""What a `PoseEstimator` is asked and what it answers: a target, and a pose with its confidence."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from torch import Tensor

from objpose.estimator.unseen_side import told_of_sides, trust_in_sides
from objpose.geometry import SE3, Camera
from objpose.objects import ObjectModel
from objpose.poses import (
    Calibration,
    FreeTurn,
    PoseAnswer,
    Stats,
    ambiguity,
    best,
    farthest_sigma,
    own_covariance,
    pose_covariance,
    shift_per_pixel,
)


@dataclass(frozen=True, eq=False)
class Target:
    """Where to look for which object."""

    object: str  # name of an onboarded object
    mask: np.ndarray | Tensor  # (H, W) bool, its visible pixels
    score: float = 1.0  # the segmenter's; it does not change the pose


@dataclass(frozen=True, eq=False)
class Alternative:
    """Another pose that may be the right one."""

    cam_from_obj: SE3  # as in PoseEstimate
    score: float  # likewise
    share: float  # of the chance, see PoseEstimate.share


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    object: str
    cam_from_obj: SE3  # metres, OpenCV camera axes; float64 for an object far from its file's origin
    confidence: float  # in [0, 1]: the chance of being within 10 % of the diameter everywhere
    covariance: Float[Tensor, "6 6"]  # of the left perturbation exp((v, w)) @ cam_from_obj; metres, radians
    score: float  # in [0, 1]: how well the rendered pose explains the frame
    target: int  # index of the target this answers
    alternatives: tuple[Alternative, ...]  # other poses, none equal by symmetry, likeliest first
    confidence_in_image: float = 0.0  # in [0, 1]: the chance of being within 5 pixels and 5 degrees
    share: float = 1.0  # in [0, 1], of this pose in the chance that it and its alternatives hold together
    ambiguity: str = ""  # what the frame does not tell, in words; empty where it tells the pose
    free_turn: FreeTurn | None = None  # a range of turns that the frame does not tell apart
    stats: Stats = field(default_factory=dict)  # counts of each stage, and what the score is made of
    timings: dict[str, float] = field(default_factory=dict)  # seconds of each stage
    warnings: tuple[str, ...] = ()


def pose_estimate(
    index: int,
    model: ObjectModel,
    found: PoseAnswer,
    calibration: Calibration,
    camera: Camera,
    seen: Stats,
) -> PoseEstimate:
    """What is told of the answer to the target of an index. seen: of the frame, told beside its stats."""
    verdict, part = found.verdict[0], found.share[0]
    middle = model.mesh.bounds().mean(0)
    shift = shift_per_pixel(found.cam_from_obj[0], middle, model.diameter, camera)
    unsure = ambiguity(model, found.cam_from_obj, found.share)
    trust = found.trust * trust_in_sides(model)
    farthest = 0.0
    if calibration.outline_error == 0:  # with depth: without it, outlines tell how well a pose is known
        own = own_covariance(model, found, unsure, calibration, camera)
        farthest = float(farthest_sigma(model, found.cam_from_obj[0], own))
    return PoseEstimate(
        object=model.name,
        cam_from_obj=model.cam_from_obj(found.cam_from_obj[0]),
        confidence=trust * float(calibration.confidence(verdict.evidence, part, shift, farthest)),
        confidence_in_image=trust * float(calibration.close.of(verdict.evidence, part)),
        covariance=pose_covariance(model, found, unsure, calibration, camera),
        score=float(verdict.score),
        target=index,
        alternatives=_alternatives(model, found),
        share=float(part),
        ambiguity=unsure.words,
        free_turn=unsure.free_turn,
        stats=found.stats | seen | _reasons(found),
        timings=found.timings,
        warnings=(*found.warnings, *told_of_sides(model)),
    )


def _alternatives(model: ObjectModel, found: PoseAnswer) -> tuple[Alternative, ...]:
    poses, score, share = model.cam_from_obj(found.cam_from_obj), found.verdict.score, found.share
    order = [index for index in best(share).tolist() if index != 0]
    return tuple(Alternative(poses[i], float(score[i]), float(share[i])) for i in order)


def _reasons(found: PoseAnswer) -> Stats:
    """What the best pose's score and confidence are made of: parts of its verdict."""
    verdict = found.verdict
    names = ["geometry", "appearance", "visible", "empty", "bare", "likely", "by_print", "by_edges", "view"]
    return {name: float(getattr(verdict, name)[0]) for name in names}
