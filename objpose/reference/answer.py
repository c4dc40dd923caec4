"""What is said of an object that one reference photo shows, in another photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from objpose.geometry import SE3, SO3


@dataclass(frozen=True, eq=False)
class ReferenceAlternative:
    """Another pose that may be the right one."""

    cam_from_obj: SE3  # as in ReferencePose
    share: float  # of the chance


@dataclass(frozen=True, eq=False)
class ReferencePose:
    """Where the object is in a target photo.

    The object's frame: its middle as the reference shows it, the axes of the reference's camera. Lengths are
    metres where `is_metric`, else distances of the object in the reference photo: turn, direction and
    `distance_ratio` hold, metres are unknown.
    """

    cam_from_obj: SE3  # () of the target's camera, OpenCV axes
    is_metric: bool
    scale: str  # where the metres come from, or that nothing tells them
    reference_distance: float | None  # metres from the reference's camera to the object; None: unknown
    confidence: float  # in [0, 1]: the chance that the turn is right to 15 degrees
    covariance: Float[Tensor, "6 6"]  # of the twist (v, w) about the object's middle, target camera's axes
    alternatives: tuple[ReferenceAlternative, ...]  # likeliest first
    reason: str  # what the confidence rests on, in words
    method: str  # "registered" by depth, "matched" by features; "nothing": as in the reference, a mere guess
    reference: int  # index of the photo that tells it, of several
    mask: Tensor  # (H, W) bool, where it was looked for
    stats: dict[str, float]  # counts and shares that the reason is made of

    @property
    def rotation(self) -> SO3:
        """() of the object in the target's camera."""
        return self.cam_from_obj.rotation

    @property
    def direction(self) -> Float[Tensor, " 3"]:
        """Of unit length, from the target's camera to the object's middle."""
        translation = self.cam_from_obj.translation
        return translation / translation.norm()

    @property
    def sigma_deg(self) -> float:
        """Standard deviation of the turn about its least certain axis, degrees."""
        spread = np.linalg.eigvalsh(self.covariance[3:, 3:].double().numpy())[-1]
        return float(np.degrees(np.sqrt(max(spread, 0.0))))
