"""Where cameras stand that draw an object: turned every way, near and far, it fills their pictures."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3, SO3, centred_K
from objpose.nocs.drawing.dice import Dice

NEAREST, FARTHEST = 2.2, 12.0  # diameters away
FILL = 0.8  # of a picture's side, by the longer side of what is drawn


class DrawnViews(NamedTuple):
    """Of B pictures, on the host: a device's numbers would have to be waited for."""

    cam_from_obj: SE3  # (B,)
    K: Tensor  # (B, 3, 3)


def any_views(points: Tensor, count: int, side: int, dice: Dice) -> DrawnViews:
    """Views of what `points` (N, 3), metres, object frame, lie all over."""
    low, high = points.amin(0), points.amax(0)
    rotation = SO3.random((count,), generator=dice.on_host)
    away = dice.host_uniform(count, low=math.log(NEAREST), high=math.log(FARTHEST)).exp()
    ahead = torch.tensor([0.0, 0.0, 1.0]) * (away * (high - low).norm())[:, None]
    cam_from_obj = SE3.from_rotation_translation(rotation, ahead - rotation.apply((low + high) / 2))
    seen = cam_from_obj.apply_points(points)
    plane = seen[..., :2] / seen[..., 2:]
    low, high = plane.amin(1), plane.amax(1)
    focal = FILL * side / (high - low).amax(-1)
    return DrawnViews(cam_from_obj, centred_K(low, high, focal, side))
