"""Rivals put where the best of them is: what is left of their difference is their turn alone.

Each rival is aligned by itself, and in few pixels, or half hidden, an alignment may go astray: then it is the
place that loses, not the turn. So the rivals are compared in one place as well.
"""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.distinct import probe_points


def in_place(model: ObjectModel, cam_from_obj: SE3, rivals: SE3) -> tuple[SE3, Tensor]:
    """(k,) look-alikes of a pose () that rivals (k,) are nearest to; (k,) diameters, how near. Mesh frame."""
    turns, gap = nearest_turns(model, cam_from_obj[None].inverse() @ rivals)
    return cam_from_obj[None] @ turns, gap / model.diameter


def nearest_turns(model: ObjectModel, motions: SE3) -> tuple[SE3, Tensor]:
    """(k,) motions of the near-symmetry nearest to motions (k,), obj_from_obj; (k,) metres, the distances."""
    near = model.near_symmetry
    flips = near.discrete[None].wxyz_xyz.expand(len(motions), -1, -1)
    rest = (motions[:, None] @ near.discrete.inverse()).wxyz_xyz
    tried = [flips]
    for line in near.continuous:
        angles = 2 * torch.atan2(rest[..., 1:4] @ line.axis, rest[..., 0])
        tried.append((line.rotations(angles) @ SE3(flips)).wxyz_xyz)
    turns, points = SE3(torch.cat(tried, 1)), probe_points(model)
    gap = (turns.apply_points(points) - motions.apply_points(points)[:, None]).norm(dim=-1).amax(-1)
    nearest = gap.argmin(1)
    each = torch.arange(len(motions))
    return turns[each, nearest], gap[each, nearest]
