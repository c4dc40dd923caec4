"""An object in the frame of a robot, or whatever knows where the camera is; how surely it is there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from objpose.errors import InputError
from objpose.estimator import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.tracking import TrackState


@dataclass(frozen=True, eq=False)
class PlacedObject:
    name: str
    base_from_obj: SE3  # () float64, metres
    covariance: Float[Tensor, "6 6"]  # of the left perturbation exp((v, w)) @ base_from_obj; metres, radians
    confidence: float
    centre: Float[Tensor, " 3"]  # metres, of the box around the mesh, object frame
    size: Float[Tensor, " 3"]  # metres, of that box


def in_base(
    estimate: PoseEstimate | TrackState,
    model: ObjectModel,
    base_from_cam: SE3 | None = None,
    base_covariance: Tensor | None = None,
) -> PlacedObject:
    """An estimate in another frame than the camera's.

    base_from_cam: () where the camera is, None for the camera's own frame. base_covariance: (6, 6) of its
    left perturbation, as hand-eye calibration gives it for a camera that stands; None where it is sure.

    Raises:
        InputError: a tracker's state without a pose of its own frame: act on trusted ones alone.
    """
    if estimate.cam_from_obj is None or estimate.covariance is None:
        found = (
            f"{estimate.object} {estimate.status.value}" if isinstance(estimate, TrackState) else "no pose"
        )
        raise InputError("state", found, "a pose of this frame", "act on states that are trusted: is_trusted")
    base_from_cam = (
        SE3.identity(dtype=torch.float64) if base_from_cam is None else base_from_cam.to(torch.float64)
    )
    carried = base_from_cam.adjoint() @ estimate.covariance.double() @ base_from_cam.adjoint().mT
    covariance = carried if base_covariance is None else carried + base_covariance.double()
    low, high = model.mesh.bounds().double() + torch.tensor(model.origin, dtype=torch.float64)
    return PlacedObject(
        estimate.object,
        (base_from_cam @ estimate.cam_from_obj.to(torch.float64)).normalized(),
        covariance,
        float(estimate.confidence),
        (low + high) / 2,
        high - low,
    )
