"""Plain-torch twins of steps."""

from __future__ import annotations

from torch import Tensor

from objpose.geometry import SE3
from objpose.geometry import moved_about as moved_poses
from objpose.geometry import solve_damped as damped_steps
from objpose.geometry.descent import taken_steps

__all__ = ["damped_steps", "moved_poses", "posed_points", "taken_steps"]


def posed_points(point: Tensor, cam_from_obj: Tensor) -> Tensor:
    return SE3(cam_from_obj).apply(point)
