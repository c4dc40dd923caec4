"""Motions between two samples each: which tell something of the camera's place, and whether they suffice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3

# Smaller turns drown in noise, and near half a turn the axis flips its sign (opencv/opencv#24871).
LEAST_TURN, MOST_TURN = math.radians(10), math.radians(170)
LEAST_SAMPLES = 6  # 12 unknowns, each sample gives 6: fewer leave hardly anything to check them by
LEAST_SPREAD = math.radians(12)  # root mean square angle of the axes of turns from the one they share most


@dataclass(frozen=True, eq=False)
class Motions:
    """Of P pairs: `mount_motion @ mount_from_cam = mount_from_cam @ cam_motion`."""

    mount_motion: SE3  # (P,)
    cam_motion: SE3  # (P,)
    pairs: Tensor  # (P, 2) indices of the samples
    pair_count: int  # of all pairs, also those left out

    def __len__(self) -> int:
        return len(self.pairs)


def motions_between(rest_from_mount: SE3, cam_from_board: SE3) -> Motions:
    """All pairs of samples whose turns, by robot and by camera, are neither too small nor too large."""
    first, second = _pairs(len(rest_from_mount))
    mount_motion = rest_from_mount[second].inverse() @ rest_from_mount[first]
    cam_motion = cam_from_board[second] @ cam_from_board[first].inverse()
    is_good = _is_good(mount_motion) & _is_good(cam_motion)
    pairs = torch.stack([first, second], dim=-1)
    return Motions(mount_motion[is_good], cam_motion[is_good], pairs[is_good], len(pairs))


def _pairs(count: int) -> tuple[Tensor, Tensor]:
    first, second = torch.triu_indices(count, count, offset=1)
    return first, second


def _is_good(motions: SE3) -> Tensor:
    """(P,) bool: turns that are neither too small nor too large."""
    turns = motions.rotation.angle()
    return (turns >= LEAST_TURN) & (turns <= MOST_TURN)


def check_count(count: int) -> None:
    """Raises InputError for fewer samples than can be checked against each other."""
    if count < LEAST_SAMPLES:
        cure = "take 12 to 15, the hand turned by 30 degrees or more about two axes or three between them"
        raise InputError("samples", f"{count}", f"at least {LEAST_SAMPLES}", cure)


def check_turns(transforms: SE3, frame: str) -> None:
    """Raises InputError where the turns between transforms (N,) are too small, or all about one axis.

    transforms: from the frame that is named, so that the axis is told in it.
    """
    first, second = _pairs(len(transforms))
    motions = transforms[second].inverse() @ transforms[first]
    motions = motions[_is_good(motions)]
    if not len(motions):
        found = f"no two that differ by a turn of the {frame} of 10 to 170 degrees"
        cure = "turn the hand by 30 degrees or more between samples; shifts alone tell no rotation"
        raise InputError("samples", found, "many such pairs", cure)
    axis, spread = axis_and_spread(motions)
    if spread < LEAST_SPREAD:
        along = ", ".join(f"{value:.2f}" for value in axis.tolist())
        found = f"turns about one axis, ({along}) of the {frame}, within {math.degrees(spread):.0f} degrees"
        cure = (
            "the place of the camera along that axis cannot be told: "
            "tilt the hand about another axis, too, by 30 degrees or more"
        )
        raise InputError("samples", found, "turns about two axes or three", cure)


def axis_and_spread(motions: SE3) -> tuple[Tensor, float]:
    """(3,) the axis that the turns (P,) share most, and the root mean square angle of theirs from it."""
    axes = torch.nn.functional.normalize(motions.rotation.log(), dim=-1)
    moment = axes.mT @ axes / len(axes)
    values, vectors = torch.linalg.eigh(moment)
    return vectors[:, -1], math.asin(min(1.0, math.sqrt(max(0.0, 1 - float(values[-1])))))
