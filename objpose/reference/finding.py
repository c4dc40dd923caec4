"""An object known by one photo found in a target: registered, matched, and both weighed together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator
from objpose.features.local import LocalMatcher
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.geometry.rigid_matrices import cross_matrix, rigid_matrix, rotation_degrees
from objpose.reference.answer import ReferenceAlternative
from objpose.reference.confidence import joined, matched_confidence, registered_confidence
from objpose.reference.known_photo import KnownPhoto
from objpose.reference.look import Look
from objpose.reference.matched import AXIS, Hypothesis, match_looks, matched_poses
from objpose.reference.options import RIGHT_DEG, ReferenceOptions
from objpose.reference.seen_object import as_matrix, share_in_view

NOTHING = np.diag([0.25] * 3 + [3.0] * 3)  # covariance of a turn and a place that nothing tells
TOLD = 0.1  # confidence of matches from which it is worth saying whether they agree with the shape
LEAST_SHARE = 0.01  # confidence from which the other way's answer is an alternative


@dataclass(frozen=True, eq=False)
class Found:
    """One way's answer. metres: of the unit of the photo's pose; None: unknown, the answer has that unit."""

    cam_from_obj: SE3
    metres: float | None
    confidence: float
    covariance: np.ndarray
    alternatives: tuple[ReferenceAlternative, ...]
    method: str
    stats: dict[str, float]


def find_by_photo(
    photo: KnownPhoto,
    frame: Frame,
    mask: Tensor,
    look: Look,
    matcher: LocalMatcher,
    options: ReferenceOptions,
) -> Found:
    """The better of what registration and matches say, its confidence that of both together."""
    matched = _matched(photo, look, matcher, options)
    registered = _registered(photo, frame, mask, options)
    if registered is None:
        return matched
    if matched.method == "nothing":
        return replace(registered, stats=matched.stats | registered.stats)
    told = matched.confidence > TOLD
    agree = _apart(matched.cam_from_obj, registered.cam_from_obj) < RIGHT_DEG
    chances = joined(matched.confidence, registered.confidence, agree)
    by_matches = replace(matched, confidence=chances[0])
    by_shape = replace(registered, confidence=chances[1])
    stats = matched.stats | registered.stats | ({"agree": float(agree)} if told else {})
    best = by_shape if agree or by_shape.confidence >= by_matches.confidence else by_matches
    other = by_matches if best is by_shape else by_shape
    is_rival = not agree and other.confidence > LEAST_SHARE
    more = (ReferenceAlternative(other.cam_from_obj, other.confidence),) if is_rival else ()
    return replace(best, stats=stats, alternatives=(*more, *best.alternatives))


def _matched(photo: KnownPhoto, look: Look, matcher: LocalMatcher, options: ReferenceOptions) -> Found:
    common = match_looks(matcher, photo.look, look)
    found = matched_poses(photo.look, look, common, options)
    stats = {"matches": float((common.matches.ratios < options.clear_ratio).sum())}
    if not found:
        return _nothing(photo, look, stats)
    best = found[0]
    poses = [_placed(photo, look, one) for one in found]
    stats |= {"nats": best.nats, "agreeing": float(best.agreeing), "sigma_deg": best.sigma_deg}
    cam_from_look = look.look_from_cam[:3, :3].T
    lengths = np.diag([poses[0][2]] * 3 + [1.0] * 3)
    turn = lengths @ np.kron(np.eye(2), cam_from_look)
    more = tuple(
        ReferenceAlternative(placed[0], one.share) for placed, one in zip(poses[1:], found[1:], strict=True)
    )
    confidence = matched_confidence(found)
    covariance = turn @ best.covariance @ turn.T
    return Found(poses[0][0], poses[0][1], confidence, covariance, more, "matched", stats)


def _placed(photo: KnownPhoto, look: Look, one: Hypothesis) -> tuple[SE3, float | None, float]:
    """cam_from_obj (), metres of the photo's unit, and the answer's lengths for one of the hypothesis."""
    look_from_obj = photo.look_from_obj.copy()
    distance = float(look_from_obj[2, 3])
    metres, length = None, distance
    if one.unit is not None:
        length = one.unit
        of_photo = photo.look.depth is not None
        there = 1.0 if of_photo else float((np.linalg.inv(one.b_from_a) @ np.append(AXIS, 1.0))[2])
        metres = there * one.unit / distance
        look_from_obj[:3, 3] *= metres
    b_from_a = rigid_matrix(one.b_from_a[:3, :3], one.b_from_a[:3, 3] * length)
    cam_from_obj = look.look_from_cam.T @ b_from_a @ look_from_obj
    return SE3.from_matrix(torch.from_numpy(cam_from_obj)).to(torch.float32), metres, length


def _nothing(photo: KnownPhoto, look: Look, stats: dict[str, float]) -> Found:
    """Where nothing tells the turn: as in the reference, where the mask is, with a confidence of none."""
    turn = look.look_from_cam[:3, :3].T @ photo.look_from_obj[:3, :3]
    nearer = photo.look.radius / look.radius
    place = look.look_from_cam[:3, :3].T @ AXIS * (photo.look_from_obj[2, 3] * nearer)
    cam_from_obj = SE3.from_matrix(torch.from_numpy(rigid_matrix(turn, place))).to(torch.float32)
    return Found(cam_from_obj, None, 0.0, NOTHING, (), "nothing", stats)


def _registered(photo: KnownPhoto, frame: Frame, mask: Tensor, options: ReferenceOptions) -> Found | None:
    """By the shape and colours of the side that the photo shows; None without depth on both sides."""
    if photo.seen is None or frame.depth is None:
        return None
    estimator = PoseEstimator([photo.seen], EstimatorOptions(method="rgbd", seed=options.seed))
    try:
        best = estimator.estimate(frame, mask)[0]
    except InputError:  # too little depth under this mask: matches may tell more
        return None
    in_view = share_in_view(photo.seen.mesh, best.cam_from_obj)
    more = tuple(ReferenceAlternative(one.cam_from_obj, one.share) for one in best.alternatives)
    confidence = registered_confidence(best.confidence, in_view)
    stats = {"fitting": best.confidence, "in_view": in_view}
    return Found(best.cam_from_obj, 1.0, confidence, _about_middle(best), more, "registered", stats)


def _about_middle(estimate: PoseEstimate) -> np.ndarray:
    """(6, 6) covariance of the twist about the object's middle, from that about the camera."""
    moved = np.eye(6)
    moved[:3, 3:] = -cross_matrix(estimate.cam_from_obj.translation.double().numpy())
    return moved @ estimate.covariance.double().numpy() @ moved.T


def _apart(one: SE3, other: SE3) -> float:
    return rotation_degrees(as_matrix(one)[:3, :3].T @ as_matrix(other)[:3, :3])
