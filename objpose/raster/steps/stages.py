"""The public stages of steps. What is not float32 is worked out by the twin."""

from __future__ import annotations

from types import ModuleType

import torch
from torch import Tensor

from objpose.geometry import Descent, NormalEquations
from objpose.raster import twin
from objpose.raster.backends import backend_for


def damped_steps(normal: Tensor, gradient: Tensor, damping: Tensor) -> Tensor:
    """(B, 6) steps of `objpose.geometry.solve_damped`.

    Args:
        normal: (B, 6, 6).
        gradient: (B, 6).
        damping: (B,) relative to the diagonal.
    """
    return _core(gradient).damped_steps(normal, gradient, damping)


def moved_poses(centre: Tensor, cam_from_obj: Tensor, twist: Tensor) -> Tensor:
    """Poses (B, 7) = wxyz_xyz moved as by `objpose.geometry.moved_about`; those without a finite motion stay.

    Args:
        centre: (3,) object frame, metres.
        twist: (B, 6) about the centre, camera axes.
    """
    return _core(cam_from_obj).moved_poses(centre, cam_from_obj, twist)


def taken_steps(
    here: Descent, trial: Tensor, there: NormalEquations, step: Tensor, tolerance: float
) -> Descent:
    """`objpose.geometry.descent.taken_steps` of poses (B, 7) = wxyz_xyz and steps (B, 6)."""
    return _core(step).taken_steps(here, trial, there, step, tolerance)


def posed_points(point: Tensor, cam_from_obj: Tensor) -> Tensor:
    """(B, 3) where poses (B, 7) have a point (3,) of the object: metres, camera frame."""
    return _core(cam_from_obj).posed_points(point, cam_from_obj)


def _core(numbers: Tensor) -> ModuleType:
    core: ModuleType = (backend_for(numbers.device) if numbers.dtype == torch.float32 else twin).steps
    return core
