"""An object known by one photo found in a target: matched, registered, and all of it weighed alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator
from objpose.features.local import LocalMatcher
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.geometry.rigid_matrices import cross_matrix, inverse_matrix, rigid_matrix
from objpose.reference.answer import ReferenceAlternative
from objpose.reference.confidence import confidence_of
from objpose.reference.known_photo import KnownPhoto
from objpose.reference.look import Look
from objpose.reference.matched import (
    AXIS,
    Hypothesis,
    MatchedLooks,
    match_looks,
    matched_poses,
    shared,
    turned_deg,
)
from objpose.reference.options import RIGHT_DEG, ReferenceOptions
from objpose.reference.relief import depth_unit
from objpose.reference.seen_object import as_matrix, share_in_view
from objpose.reference.weighed import evidence_for

NOTHING = np.diag([0.25] * 3 + [3.0] * 3)  # covariance of a turn and a place that nothing tells


@dataclass(frozen=True, eq=False)
class Found:
    """The answer of one photo. metres: of the unit of the photo's pose; None: unknown, the answer has that
    unit.
    """

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
    """The likeliest of the poses that matches and, with depth on both sides, registration propose.

    A registered pose is more exact: it answers for the matches that agree with it.
    """
    common = match_looks(matcher, photo.look, look, options)
    matched = matched_poses(photo.look, look, common, options)
    registered, stats = _registered(photo, frame, mask, look, common, options)
    stats["matches"] = float((common.matches.ratios < options.clear_ratio).sum())
    found = shared([*registered, *matched], options)
    if not found:
        return _nothing(photo, look, stats)
    if registered and matched:
        stats["agree"] = float(_agree(registered[0], matched[0]))
    exact = [one for one in registered if _agree(found[0], one)]
    best = min(exact, key=lambda one: turned_deg(found[0].b_from_a, one.b_from_a)) if exact else found[0]
    method = "registered" if exact else "matched"
    return _answer(photo, look, best, found, method, stats | _told(best, found, matched))


def _told(best: Hypothesis, found: list[Hypothesis], matched: list[Hypothesis]) -> dict[str, float]:
    """What the confidence and the reason are made of."""
    evidence = found[0].evidence
    return {
        "share": sum(one.share for one in found if _agree(found[0], one)),
        "cells": evidence.alike,
        "alike": evidence.laid.alike,
        "light": evidence.laid.light,
        "inside": evidence.laid.inside,
        "level": evidence.laid.level,
        "nats": evidence.nats,
        "agreeing": float(max((one.agreeing for one in matched if _agree(found[0], one)), default=0)),
        "sigma_deg": best.sigma_deg,
        "guessed": float(best.unit is None),
    }


def _answer(
    photo: KnownPhoto,
    look: Look,
    best: Hypothesis,
    found: list[Hypothesis],
    method: str,
    stats: dict[str, float],
) -> Found:
    """The best pose, and as alternatives those that are turned otherwise."""
    cam_from_obj, metres, length = _placed(photo, look, best)
    more = tuple(
        ReferenceAlternative(_placed(photo, look, one)[0], one.share)
        for one in found
        if not _agree(best, one)
    )
    covariance = _in_camera(look, best.covariance, length)
    return Found(cam_from_obj, metres, confidence_of(stats), covariance, more, method, stats)


def _agree(one: Hypothesis, other: Hypothesis) -> bool:
    return turned_deg(one.b_from_a, other.b_from_a) < RIGHT_DEG


def _in_camera(look: Look, covariance: np.ndarray, length: float) -> np.ndarray:
    """(6, 6) in the axes of the photo's camera and the answer's lengths, of one in those of the view."""
    lengths = np.diag([length] * 3 + [1.0] * 3)
    turn = lengths @ np.kron(np.eye(2), look.look_from_cam[:3, :3].T)
    found: np.ndarray = turn @ covariance @ turn.T
    return found


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


def _registered(
    photo: KnownPhoto,
    frame: Frame,
    mask: Tensor,
    look: Look,
    common: MatchedLooks,
    options: ReferenceOptions,
) -> tuple[list[Hypothesis], dict[str, float]]:
    """By the shape and colours of the side that the photo shows; none without depth on both sides."""
    if photo.seen is None or frame.depth is None or look.depth is None:
        return [], {}
    estimator = PoseEstimator([photo.seen], EstimatorOptions(method="rgbd", seed=options.seed))
    try:
        best = estimator.estimate(frame, mask)[0]
    except InputError:  # too little depth under this mask: matches may tell more
        return [], {}
    stats = {"fitting": best.confidence, "in_view": share_in_view(photo.seen.mesh, best.cam_from_obj)}
    seen = [best.cam_from_obj, *(one.cam_from_obj for one in best.alternatives)]
    poses = [_between(photo, look, pose) for pose in seen]
    poses += [poses[0] @ spin for spin in photo.spins]
    look_from_cam = np.kron(np.eye(2), look.look_from_cam[:3, :3])
    covariance = look_from_cam @ _about_middle(best) @ look_from_cam.T
    return [_weighed(photo, look, pose, covariance, common) for pose in poses], stats


def _between(photo: KnownPhoto, look: Look, cam_from_obj: SE3) -> np.ndarray:
    """(4, 4) of both views, in units of the first one's depth, of a pose of the target's camera, metres."""
    b_from_a = look.look_from_cam @ as_matrix(cam_from_obj) @ inverse_matrix(photo.look_from_obj)
    b_from_a[:3, 3] /= depth_unit(photo.look)
    return b_from_a


def _weighed(
    photo: KnownPhoto, look: Look, b_from_a: np.ndarray, covariance: np.ndarray, common: MatchedLooks
) -> Hypothesis:
    """A pose as a hypothesis about both views, with depth in both; covariance: (6, 6) metres and radians."""
    unit, there = depth_unit(photo.look), depth_unit(look)
    keypoints = common.features, common.matches, common.trust
    evidence = evidence_for(photo.look, look, *keypoints, b_from_a, np.zeros(0), there / unit)
    lengths = np.diag([1 / unit] * 3 + [1.0] * 3)
    return Hypothesis(b_from_a, 0.0, evidence, 0, lengths @ covariance @ lengths, unit)


def _about_middle(estimate: PoseEstimate) -> np.ndarray:
    """(6, 6) covariance of the twist about the object's middle, from that about the camera."""
    moved = np.eye(6)
    moved[:3, 3:] = -cross_matrix(estimate.cam_from_obj.translation.double().numpy())
    return moved @ estimate.covariance.double().numpy() @ moved.T
