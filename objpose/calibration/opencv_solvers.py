"""OpenCV's five closed-form solvers, to be seen beside the answer: where they scatter, the data are weak."""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import torch

from objpose.calibration.samples import HandEyeSamples, Setup
from objpose.geometry import SE3

SOLVERS = ("tsai", "park", "horaud", "andreff", "daniilidis")


def why_no_solvers() -> str:
    """Why they cannot be asked here, and the cure; empty where they can."""
    if importlib.util.find_spec("cv2") is None:
        return "OpenCV is not installed: pip install 'objpose[tags]'"
    import cv2

    if not hasattr(cv2, "calibrateHandEye"):
        # opencv/opencv#29565: 5.0.0 leaves them out of Python.
        return f"OpenCV {cv2.__version__} has none for Python: pip install 'opencv-python-headless!=5.0.0.93'"
    return ""


def by_opencv(samples: HandEyeSamples, setup: Setup) -> dict[str, SE3 | None]:
    """mount_from_cam () by each solver; None where it fails. Empty without OpenCV's solvers."""
    if why_no_solvers():
        return {}
    robot = setup.rest_from_mount(samples.base_from_gripper).matrix().numpy()
    board = samples.cam_from_board.matrix().numpy()
    return {name: _solved(name, robot, board) for name in SOLVERS}


def _solved(name: str, rest_from_mount: np.ndarray, cam_from_board: np.ndarray) -> SE3 | None:
    cv2 = importlib.import_module("cv2")
    method = getattr(cv2, f"CALIB_HAND_EYE_{name.upper()}")
    parts = [
        part for given in (rest_from_mount, cam_from_board) for part in (given[:, :3, :3], given[:, :3, 3])
    ]
    try:
        rotation, translation = cv2.calibrateHandEye(*map(list, parts), method=method)
    except cv2.error:
        return None
    if not (np.isfinite(rotation).all() and np.isfinite(translation).all()):
        return None
    return SE3.from_rotation_translation(torch.as_tensor(rotation), torch.as_tensor(translation).ravel())
