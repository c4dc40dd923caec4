"""How near a predicted box comes to a true one of its class: overlap, degrees, centimetres."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from bop_eval.categories.variants import Variant
from bop_eval.errors import re

TURNS = 20  # NOCS's, about the y axis
HALF_TURN = np.diag([-1.0, 1.0, -1.0])
CM_PER_M = 100.0


def overlap(
    variant: Variant,
    predicted: np.ndarray, predicted_sizes: np.ndarray, true: np.ndarray, true_sizes: np.ndarray,
    is_free: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """(P,) IoU, the best over turns of the prediction about y where it is free to turn; 0 without a pose.

    predicted, true: (P, 3, 4) cam_from_box, NaN for none. *_sizes: (P, 3) metres. is_free: (P,) bool.
    """
    found = np.zeros(len(predicted))
    has_pose = np.isfinite(predicted).all(axis=(1, 2))
    plain, turning = np.nonzero(has_pose & ~is_free)[0], np.nonzero(has_pose & is_free)[0]
    found[plain] = variant.iou(predicted[plain], predicted_sizes[plain], true[plain], true_sizes[plain])
    if len(turning):
        turned = _turned(variant, predicted[turning], true[turning])
        sizes = (predicted_sizes[turning, None], true_sizes[turning, None])
        found[turning] = variant.iou(turned, sizes[0], true[turning, None], sizes[1]).max(axis=1)
    return found


def _turned(variant: Variant, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(P, T, 3, 4) predictions turned about their y axes."""
    angles = np.broadcast_to(np.arange(TURNS) * (2 * np.pi / TURNS), (len(predicted), TURNS))
    if variant.has_exact_turns:
        relative = predicted[:, :, :3].transpose(0, 2, 1) @ true[:, :, :3]
        nearest = np.arctan2(relative[:, 0, 2] - relative[:, 2, 0], relative[:, 0, 0] + relative[:, 2, 2])
        angles = np.concatenate([angles, nearest[:, None] + np.arange(4) * (np.pi / 2)], axis=1)
    turns = Rotation.from_euler("y", angles.reshape(-1, 1)).as_matrix().reshape(*angles.shape, 3, 3)
    rotations = predicted[:, None, :, :3] @ turns
    return np.concatenate(
        [rotations, np.broadcast_to(predicted[:, None, :, 3:], (*angles.shape, 3, 1))], axis=-1
    )


def degrees(
    variant: Variant, predicted: np.ndarray, true: np.ndarray, is_free: np.ndarray, has_half_turn: bool
) -> np.ndarray:
    """(P,) angle between the y axes where a box is free to turn, else of the rotation between the two.

    NaN where `variant` would lose an angle to rounding, and infinite for predictions without a pose.
    """
    found_turn, true_turn = predicted[:, :, :3], true[:, :, :3]
    angle = _between_axes if not variant.is_nan_right else _between_axes_by_cosine
    of_axes = angle(found_turn[:, :, 1], true_turn[:, :, 1])
    turn = _of_rotation_by_cosine if variant.is_nan_right else _of_rotation
    of_turn = turn(found_turn, true_turn)
    if has_half_turn:
        of_turn = np.fmin(of_turn, turn(found_turn @ HALF_TURN, true_turn))
    found = np.where(is_free, of_axes, of_turn)
    return np.where(np.isfinite(predicted).all(axis=(1, 2)), found, np.inf)


def centimetres(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(P,) distance of the boxes' centres; infinite for predictions without a pose."""
    apart = np.linalg.norm(predicted[:, :, 3] - true[:, :, 3], axis=1) * CM_PER_M
    return np.nan_to_num(apart, nan=np.inf)


def _between_axes(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), (a * b).sum(axis=1)))


def _of_rotation(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    pad = np.zeros((len(found), 3, 1))
    return re(np.concatenate([found, pad], axis=2), np.concatenate([true, pad], axis=2)).numpy()


def _between_axes_by_cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """As the published script has it: NaN where rounding puts the cosine beyond 1."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore"):
        return np.degrees(np.arccos((a * b).sum(axis=1) / lengths))


def _of_rotation_by_cosine(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """As the published script has it."""
    with np.errstate(invalid="ignore"):
        return np.degrees(np.arccos((np.einsum("pij,pij->p", found, true) - 1) / 2))
