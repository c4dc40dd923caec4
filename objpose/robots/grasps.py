"""Grasps that belong to an object: turned with its symmetries, and the nearest to the hand chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3, Symmetry
from objpose.io.grasp_files import Grasp

LEVER = 0.2  # metres of way that a turn of one radian is worth: about what the hand's far end sweeps
TURN_STEP = 0.02  # of the diameter: how finely a continuous symmetry is tried


@dataclass(frozen=True, eq=False)
class Reach:
    """Where the hand goes, in the robot's base."""

    grasp: Grasp
    base_from_gripper: SE3  # () at the grasp
    base_from_gripper_before: SE3  # () at the pre-grasp, back along the approach
    symmetry: int  # which of the equivalent poses of the object, 0 as estimated


def nearest_reach(
    base_from_obj: SE3,
    symmetry: Symmetry,
    diameter: float,
    grasps: Sequence[Grasp],
    base_from_gripper: SE3,
    back_off: float = 0.1,
) -> Reach:
    """Of all grasps on all poses that look the same, the one that the hand gets to with the least motion.

    base_from_obj: (); symmetry, diameter: of the object; base_from_gripper: () where the hand is now;
    back_off: metres between pre-grasp and grasp, along the approach.
    """
    equal = symmetry.transforms(diameter, TURN_STEP).to(torch.float64)  # (m,) the identity first
    held = SE3.stack([grasp.obj_from_gripper.to(torch.float64) for grasp in grasps])
    reached = base_from_obj.to(torch.float64) @ equal[:, None] @ held  # (m, grasps)
    which, chosen = divmod(int(_way(base_from_gripper.to(torch.float64), reached).argmin()), len(grasps))
    goal, grasp = reached[which, chosen].normalized(), grasps[chosen]
    away = torch.nn.functional.normalize(torch.tensor(grasp.approach, dtype=torch.float64), dim=0)
    back = SE3.from_rotation_translation(torch.eye(3, dtype=torch.float64), -back_off * away)
    return Reach(grasp, goal, goal @ back, which)


def _way(base_from_gripper: SE3, reached: SE3) -> Tensor:
    """(m, grasps) metres; turns count by a lever."""
    motion = base_from_gripper.inverse() @ reached
    return motion.translation.norm(dim=-1) + LEVER * motion.rotation.angle()
