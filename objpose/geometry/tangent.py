"""How pixels and points move with a twist about the object's centre, in camera axes.

Rotation and translation decouple there: a turn leaves the object where it is seen.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from objpose.geometry.se3 import SE3

NEAREST = 1e-6  # metres: points nearer to the camera do not project


def moved_about(centre: Tensor, params: Tensor, step: Tensor) -> Tensor:
    """Poses (B, 7) = wxyz_xyz of cam_from_obj moved by twists (B, 6) about `centre` (3,), object frame."""
    cam_from_obj = SE3(params)
    pivot = cam_from_obj.apply(centre)
    turn = SE3.exp(step.to(params))
    rotation = turn.rotation @ cam_from_obj.rotation
    translation = turn.rotation.apply(cam_from_obj.translation - pivot) + pivot + turn.translation
    return SE3.from_rotation_translation(rotation.normalized(), translation).wxyz_xyz


def twist_row(direction: Iterable[Tensor], arm: Tensor) -> Tensor:
    """(6, *) derivative of direction . (v + w x arm) with respect to the twist (v, w).

    direction, arm: (3, *) camera frame, coordinates first as numbers of one kind side by side are quickest;
    the arm leads from the object's centre to the point.
    """
    x, y, z = direction
    a, b, c = arm
    return torch.stack([x, y, z, b * z - c * y, c * x - a * z, a * y - b * x])


def pixel_rows(K: Tensor, rays: Tensor, depth: Tensor, arm: Tensor) -> tuple[Tensor, Tensor]:
    """(6, *) each: change of a point's column and of its row, pixels, with the twist.

    The point is depth (*,) times its ray (3, *) with z = 1; K: (3, 3) without skew; arm as of twist_row.
    """
    inverse = 1 / depth.clamp_min(NEAREST)
    zero = torch.zeros_like(inverse)
    fx, fy = K[0, 0] * inverse, K[1, 1] * inverse
    along_u = fx, zero, -fx * rays[0]
    along_v = zero, fy, -fy * rays[1]
    return twist_row(along_u, arm), twist_row(along_v, arm)


def products(rows: Tensor, others: Tensor) -> Tensor:
    """(B, M, N) sums over points of rows (M, B, P) times others (N, B, P): normal equations of rows."""
    return rows.transpose(0, 1) @ others.permute(1, 2, 0)
