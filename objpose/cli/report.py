"""Estimates as JSON records and as lines to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from objpose.geometry import SE3, origin_and_turn_covariance

if TYPE_CHECKING:
    from objpose import CategoryEstimate, FreeTurn, PoseEstimate


def pose_records(estimates: list[PoseEstimate]) -> list[dict]:
    """One JSON object per estimate, best first. Metres and radians where no unit is named."""
    return [_record(estimate) for estimate in estimates]


def summary(estimates: list[PoseEstimate]) -> str:
    """What a person wants to know, a block of lines per estimate."""
    return "\n".join(_describe(estimate) for estimate in estimates)


def position_std_mm(estimate: PoseEstimate | CategoryEstimate) -> Tensor:
    """(3,) one sigma of the object's origin along the camera's x, y, z; where that is far from the object, of
    the point of it that is known best.

    The covariance is of a left perturbation (v, w): a point p moves by v + w x p.
    """
    place = _best_known(estimate) if _is_far(estimate) else estimate.cam_from_obj.translation.double()
    about = SE3.from_rotation_translation(torch.eye(3, dtype=torch.float64), place)
    placed = origin_and_turn_covariance(about, estimate.covariance)
    return placed.diagonal()[:3].clamp(min=0).sqrt() * 1000


def _best_known(estimate: PoseEstimate | CategoryEstimate) -> Tensor:
    """(3,) metres, camera frame: the point p of least E|v + w x p|^2."""
    covariance = estimate.covariance.double()
    of_rotation, mixed = covariance[3:, 3:], covariance[:3, 3:]
    both = torch.stack([mixed[i, j] - mixed[j, i] for i, j in ((1, 2), (2, 0), (0, 1))])  # E[v x w]
    spread = of_rotation.trace() * torch.eye(3, dtype=torch.float64) - of_rotation
    return -torch.linalg.lstsq(spread, both[:, None]).solution[:, 0]


def _is_far(estimate: PoseEstimate | CategoryEstimate) -> bool:
    return estimate.cam_from_obj.wxyz_xyz.dtype == torch.float64


def rotation_std_deg(estimate: PoseEstimate | CategoryEstimate) -> Tensor:
    """(3,) one sigma of the rotation about the camera's x, y, z."""
    return torch.rad2deg(estimate.covariance.double()[3:, 3:].diagonal().clamp(min=0).sqrt())


def _record(estimate: PoseEstimate) -> dict:
    return {
        "object": estimate.object,
        "cam_from_obj": estimate.cam_from_obj.matrix().tolist(),
        "confidence": float(estimate.confidence),
        "confidence_in_image": float(estimate.confidence_in_image),
        "score": float(estimate.score),
        "position_std_mm": position_std_mm(estimate).tolist(),
        "rotation_std_deg": rotation_std_deg(estimate).tolist(),
        "covariance": estimate.covariance.tolist(),
        "share": float(estimate.share),
        "ambiguity": estimate.ambiguity,
        "free_turn": None if estimate.free_turn is None else turn_record(estimate.free_turn),
        "alternatives": [
            {
                "cam_from_obj": other.cam_from_obj.matrix().tolist(),
                "score": float(other.score),
                "share": float(other.share),
            }
            for other in estimate.alternatives
        ],
        "timings_s": {stage: float(seconds) for stage, seconds in estimate.timings.items()},
        "warnings": list(estimate.warnings),
    }


def turn_record(turn: FreeTurn) -> dict:
    """Of the object's frame."""
    line = {"axis": turn.axis.tolist(), "offset": turn.offset.tolist()}
    return line | {"start": turn.start, "end": turn.end}


def _describe(estimate: PoseEstimate) -> str:
    rows = estimate.cam_from_obj.matrix().tolist()
    lines = [f"{estimate.object}: confidence {float(estimate.confidence):.2f}", "cam_from_obj (metres):"]
    # Far from the object's origin, the last digits of the rotation are what its place hangs on.
    digits = 15 if _is_far(estimate) else 5
    lines += ["  " + " ".join(f"{value:{digits + 4}.{digits}f}" for value in row) for row in rows]
    position, rotation = position_std_mm(estimate), rotation_std_deg(estimate)
    lines.append(
        "1 sigma: position " + triple(position) + " mm, rotation " + triple(rotation) + " deg (x y z)"
    )
    if estimate.ambiguity:
        lines.append(f"cannot be told: {estimate.ambiguity}")
    lines.append(f"time: {sum(estimate.timings.values()):.2f} s")
    lines += [f"warning: {warning}" for warning in estimate.warnings]
    return "\n".join(lines)


def triple(values: Tensor) -> str:
    """Three numbers to read."""
    return " ".join(f"{value:.2f}" for value in values.tolist())
