"""Look-alikes of poses: turns that nearly keep an object's shape, which the best poses are tried under."""

from __future__ import annotations

from objpose.crops import Crop
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.distinct import SAME, best, distinct
from objpose.poses.judge import by_depth, judge

ALIKE = 0.9  # of the geometry score of the best pose: what has less is told apart by its shape
LIMIT = 4  # look-alikes that are looked at, those of best geometry


def flipped(cam_from_obj: SE3, look_alikes: SE3) -> SE3:
    """(B * M,) the look-alikes (M,) of poses (B,), pose by pose."""
    return SE3((cam_from_obj[:, None] @ look_alikes).wxyz_xyz.reshape(-1, 7))


def unseen_look_alikes(model: ObjectModel, crop: Crop, poses: SE3, tolerance: float) -> SE3:
    """Look-alikes (k,) of the first of poses (B,) that explain the depth as well and are not among them.

    tolerance: metres, of the judge by depth. k <= LIMIT.
    """
    flips = flipped(poses[:1], model.look_alikes)
    both = SE3.cat([poses[:1], flips])
    geometry = judge(model.coarse_mesh, crop, by_depth(tolerance), both, use_structure=False).geometry
    order = best(geometry[1:])
    alike = order[geometry[1:][order] >= ALIKE * geometry[0]]
    known = SE3.cat([poses, flips[alike]])
    kept = distinct(model, model.symmetry, known, SAME * model.diameter, len(poses) + LIMIT)
    return known[kept[kept >= len(poses)]]
