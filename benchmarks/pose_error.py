"""The error of a pose against the truth, up to symmetry."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, Camera, Symmetry

THRESHOLDS = torch.arange(0.05, 0.51, 0.05)  # of the diameter: those of BOP's average recall
CLOSE_PIXELS, CLOSE_DEGREES = 5.0, 5.0  # below which a pose is close in the image
PROBES = 400  # vertices that stand for the surface


def nearest_truth(
    vertices: Tensor, diameter: float, symmetry: Symmetry, estimate: SE3, truth: SE3
) -> tuple[SE3, float]:
    """The pose equal to the truth by symmetry that is closest to the estimate, and its MSSD in diameters.

    vertices: (V, 3) of the object; poses are cam_from_obj. Maximum symmetry-aware surface distance: Hodan et
    al., BOP Challenge 2020.
    """
    probes = vertices[:: max(1, len(vertices) // PROBES)]
    equals = truth[None] @ symmetry.transforms(diameter)
    mssd = (equals.apply_points(probes) - estimate.apply_points(probes)).norm(dim=-1).amax(-1)
    best = int(mssd.argmin())
    return equals[best], float(mssd[best]) / diameter


def is_close(
    vertices: Tensor, diameter: float, symmetry: Symmetry, estimate: SE3, truth: SE3, camera: Camera
) -> bool:
    """Within 5 pixels everywhere and 5 degrees of one of the poses equal to the truth by symmetry.

    What can be asked for without depth: how far off the object is along the ray hardly shows.
    """
    probes = vertices[:: max(1, len(vertices) // PROBES)]
    equals = truth[None] @ symmetry.transforms(diameter)
    offset = camera.project(equals.apply_points(probes)) - camera.project(estimate.apply_points(probes))
    turn = equals.rotation.inverse() @ estimate.rotation[None]
    near = (offset.norm(dim=-1).amax(-1) < CLOSE_PIXELS) & (turn.log().norm(dim=-1).rad2deg() < CLOSE_DEGREES)
    return bool(near.any())


def average_recall(errors: Tensor) -> float:
    """Mean over BOP's thresholds of the share of errors (N,), in diameters, below."""
    return float((errors[:, None] < THRESHOLDS).double().mean())
