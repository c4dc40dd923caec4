"""The start: rotation from the axes of motions, then translation and scale from a linear system."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.calibration.motions import Motions
from objpose.geometry import SE3, SO3, average_rotations, kabsch
from objpose.robust.losses import soft_inlier

ROUNDS = 5
REACH = 4.0  # medians: motions that miss by more weigh nothing
FLOOR = 1e-9  # of medians, for exact data


@dataclass(frozen=True, eq=False)
class Start:
    mount_from_cam: SE3  # ()
    rest_from_board: SE3  # ()
    scale: float  # of the board's lengths in those of the robot
    scale_sigma: float


def solve_closed_form(motions: Motions, rest_from_mount: SE3, cam_from_board: SE3, free_scale: bool) -> Start:
    """Park & Martin (Robot sensor calibration, 1994), reweighted; `free_scale`: lengths of the board, too.

    rest_from_mount, cam_from_board: (N,), of which the motions are made.
    """
    rotation, weights = _rotation(motions)
    shift, scale, sigma = _translation(motions, rotation, weights, free_scale)
    mount_from_cam = SE3.from_rotation_translation(rotation, shift)
    scaled = SE3.from_rotation_translation(cam_from_board.rotation, scale * cam_from_board.translation)
    seen = rest_from_mount @ mount_from_cam @ scaled
    middle = average_rotations(seen.rotation, robust=True)
    rest_from_board = SE3.from_rotation_translation(middle, seen.translation.median(0).values)
    return Start(mount_from_cam, rest_from_board, scale, sigma)


def _rotation(motions: Motions) -> tuple[SO3, Tensor]:
    """() that turns the camera's axes onto the mount's, and the weights (P,) of the motions that agree."""
    mount, cam = motions.mount_motion.rotation.log(), motions.cam_motion.rotation.log()
    weights = torch.ones(len(mount), dtype=torch.float64)
    for _ in range(ROUNDS):
        # A motion and its reverse: about their mean, which is zero, the best fit is a turn alone.
        found = kabsch(
            torch.cat([cam, -cam]), torch.cat([mount, -mount]), torch.cat([weights, weights])
        ).rotation
        squared = (found.apply(cam) - mount).square().sum(-1)
        weights = soft_inlier(squared, REACH * float(squared.median().sqrt()) + FLOOR)
    return found, weights


def _translation(
    motions: Motions, rotation: SO3, weights: Tensor, free_scale: bool
) -> tuple[Tensor, float, float]:
    """(3,) mount_from_cam's shift, the scale and its standard deviation (0 where it is held at 1)."""
    turned = motions.mount_motion.rotation.matrix() - torch.eye(3, dtype=torch.float64)
    seen = rotation.apply(motions.cam_motion.translation)
    told = -motions.mount_motion.translation
    system = torch.cat([turned, -seen[..., None]], dim=-1) if free_scale else turned
    wanted = told if free_scale else told + seen
    for _ in range(ROUNDS):
        root = weights.sqrt()[:, None, None]
        rows, values = (root * system).flatten(0, 1), (root * wanted[..., None]).flatten(0, 1)
        found = torch.linalg.lstsq(rows, values).solution[:, 0]
        squared = (system @ found - wanted).square().sum(-1)
        weights = weights * soft_inlier(squared, REACH * float(squared.median().sqrt()) + FLOOR)
    if not free_scale:
        return found, 1.0, 0.0
    # Pairs share samples: N of them tell about as much as N / 2 alone.
    samples = len(motions.pairs.unique())
    variance = (weights * squared).sum() / (3 * weights.sum()) * len(motions) / max(samples - 1, 1)
    sigma = (variance * torch.linalg.pinv(rows.mT @ rows)[3, 3]).sqrt()
    return found[:3], float(found[3]), float(sigma)
