"""How well cameras were recovered, by the angles between pairs of photos, in conventions that are named.

Papers' figures differ by how the area under the recall curve is taken, by which angle, and by what becomes of
photos taken from one place and of directions of the wrong sign. So each is chosen by name, and said with the
figure.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.integrate import trapezoid

from bop_eval.errors import re
from objpose.errors import InputError
from objpose.io.placed_cameras import read_placed_cameras

AREAS = {
    "exact": "the area under the recall as it is, straight between errors (SuperGlue)",
    "degrees": "the mean recall over bins of one degree (PoseDiffusion, VGGT)",
    "sixtieths": "the mean recall at 60 even steps up to the threshold",
}
ANGLES = {
    "larger": "the larger of rotation's and direction's",
    "rotation": "of the rotation alone (RRA)",
    "direction": "of the direction of the baseline alone (RTA)",
}
SIGNS = {
    "signed": "a direction is wrong by up to 180 degrees",
    "unsigned": "opposite directions are one: wrong by up to 90 degrees, as essential matrices leave it",
}
SAME_PLACE = {
    "rotation": "of photos from one place the rotation counts alone",
    "left-out": "pairs of photos from one place do not count",
    "direction": "photos from one place count like any, by the direction of what little lies between",
}
NO_BASELINE = 1e-3  # of the extent of the true cameras' places
NO_DIRECTION = 90.0  # degrees of an estimate that puts two photos in one place: as wrong as a guess
MISSING = 180.0  # degrees of a pair one of whose photos has no camera


@dataclass(frozen=True)
class AucConvention:
    """Names from `AREAS`, `ANGLES`, `SIGNS` and `SAME_PLACE`."""

    area: str = "exact"
    angle: str = "larger"
    sign: str = "signed"
    same_place: str = "rotation"

    def __post_init__(self) -> None:
        for name, known in (("area", AREAS), ("angle", ANGLES), ("sign", SIGNS), ("same_place", SAME_PLACE)):
            if getattr(self, name) not in known:
                raise InputError(name, repr(getattr(self, name)), f"one of {', '.join(known)}", "choose one")

    def in_words(self) -> str:
        """What is counted."""
        chosen = (
            AREAS[self.area],
            f"angle {ANGLES[self.angle]}",
            SIGNS[self.sign],
            SAME_PLACE[self.same_place],
        )
        return "; ".join(chosen)


DEFAULT = AucConvention()


@dataclass(frozen=True, eq=False)
class CameraScores:
    """auc: by threshold in degrees. pairs: that count. placed: how many of the photos have a camera.

    errors: (pairs,) degrees.
    """

    auc: dict[float, float]
    pairs: int
    placed: int
    photos: int
    errors: np.ndarray


def score_cameras(
    estimated: Mapping[str, np.ndarray],
    true: Mapping[str, np.ndarray],
    thresholds: Sequence[float] = (5, 10, 30),
    convention: AucConvention = DEFAULT,
) -> CameraScores:
    """Area under the recall of pairs of photos, up to thresholds in degrees.

    estimated, true: cam_from_world (4, 4) by photo; the estimates up to a similarity of the world. Photos of
    the truth without an estimate make their pairs 180 degrees wrong; estimates of other photos do not count.

    Raises:
        InputError: fewer than two photos, or no pair that counts.
    """
    names = sorted(true)
    if len(names) < 2:
        raise InputError(
            "true cameras", f"{len(names)} photos", "two or more", "give the truth of all photos"
        )
    pairs = np.array(list(itertools.combinations(range(len(names)), 2)))
    truth = np.stack([np.asarray(true[name], dtype=np.float64)[:4, :4] for name in names])
    is_placed = np.array([name in estimated for name in names])
    found = np.stack([np.asarray(estimated.get(name, np.eye(4)), dtype=np.float64) for name in names])
    rotation, direction, is_same_place = _angles(found, truth, pairs, convention)
    errors = {"rotation": rotation, "direction": direction, "larger": np.maximum(rotation, direction)}[
        convention.angle
    ]
    errors = np.where(is_placed[pairs].all(axis=1), errors, MISSING)
    if convention.same_place == "left-out":
        errors = errors[~is_same_place]
    if not len(errors):
        raise InputError("true cameras", "photos from one place alone", "a baseline", "--same-place rotation")
    auc = {
        float(threshold): area_under_recall(errors, threshold, convention.area) for threshold in thresholds
    }
    return CameraScores(auc, len(errors), int(is_placed.sum()), len(names), errors)


def read_motions(path: str | os.PathLike[str], photos: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """cam_from_world (4, 4) of the placed photos of a COLMAP folder, transforms.json or cameras.json, by
    name.

    Raises:
        InputError: an unusable file, or one without a camera of one of `photos`.
    """
    placed = {name: one for name, one in read_placed_cameras(path).items() if one.cam_from_world is not None}
    for name in photos or ():
        if name not in placed:
            raise InputError(path, f"no camera of {name}", f"one of {', '.join(placed)}", "check the names")
    chosen = placed if photos is None else {name: placed[name] for name in photos}
    return {
        name: one.cam_from_world.to(torch.float64).matrix().numpy()
        for name, one in chosen.items()
        if one.cam_from_world is not None
    }


def area_under_recall(errors: np.ndarray, threshold: float, area: str) -> float:
    """In [0, 1], of errors (N,) in degrees up to a threshold, by one of `AREAS`."""
    if area == "exact":
        below = np.sort(errors[errors < threshold])
        recalls = np.arange(1, len(below) + 1) / len(errors)
        x = np.concatenate([[0.0], below, [threshold]])
        y = np.concatenate([[0.0], recalls, recalls[-1:] if len(recalls) else [0.0]])
        return float(trapezoid(y, x) / threshold)
    steps = np.linspace(0, threshold, 61)[1:] if area == "sixtieths" else np.arange(1, int(threshold) + 1)
    return float(np.mean([(errors < step).mean() for step in steps]))


def _angles(
    found: np.ndarray, truth: np.ndarray, pairs: np.ndarray, convention: AucConvention
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Degrees of rotation and direction of each pair, and whether its photos are of one place, (P,) each."""
    est, gt = (cameras[pairs[:, 1]] @ np.linalg.inv(cameras[pairs[:, 0]]) for cameras in (found, truth))
    a, b = est[:, :3, 3], gt[:, :3, 3]
    cosine = (a * b).sum(axis=1)
    if convention.sign == "unsigned":
        cosine = np.abs(cosine)
    direction = np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), cosine))
    direction = np.where(np.linalg.norm(a, axis=1) > 0, direction, NO_DIRECTION)
    centres = -np.einsum("nji,nj->ni", truth[:, :3, :3], truth[:, :3, 3])
    is_same_place = np.linalg.norm(b, axis=1) < NO_BASELINE * np.linalg.norm(np.ptp(centres, axis=0))
    if convention.same_place == "rotation":
        direction = np.where(is_same_place, 0.0, direction)
    return re(est, gt).numpy(), direction, is_same_place
