"""Plain-torch twins of steps."""

from __future__ import annotations

from objpose.geometry import moved_about as moved_poses
from objpose.geometry import solve_damped as damped_steps

__all__ = ["damped_steps", "moved_poses"]
