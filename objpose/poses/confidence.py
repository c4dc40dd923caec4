"""What a score means: the chance that the pose is right, and how far off it may be."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3

PRIOR_SHIFT = 0.5  # standard deviation, in diameters, of what no residual fixes
PRIOR_TURN = 3.0  # the same for rotations, radians


@dataclass(frozen=True)
class Calibration:
    """Model of "within 10 % of the diameter everywhere", and of the spread of right poses.

    Fitted on synthetic scenes with known truth; in half the mask is another object's or out of place.
    benchmarks/calibration.py prints these constants.
    """

    intercept: float
    per_score: float
    # Neighbouring pixels err together, depth as a whole is off by parts in a thousand, colour by parts of a
    # pixel: the covariance of independent pixels, times this, has the errors seen on these scenes in its
    # middle.
    error_correlation: float

    def confidence(self, score: Tensor, share: Tensor) -> Tensor:
        """(*,) in [0, 1] from the score of a pose and its share among its rivals."""
        return torch.sigmoid(self.intercept + self.per_score * score) * share

    def covariance(self, information: Tensor, cam_from_obj: SE3, centre: Tensor, diameter: float) -> Tensor:
        """(6, 6) covariance of the left perturbation exp((v, w)) @ cam_from_obj, metres and radians.

        information: (6, 6) normal matrix about the object's centre, given as `centre` (3,), object frame.
        """
        prior = torch.tensor([PRIOR_SHIFT * diameter] * 3 + [PRIOR_TURN] * 3, dtype=torch.float64)
        information = information.double() / self.error_correlation
        about_centre = torch.linalg.inv(information + torch.diag(prior**-2))
        shift = SE3.from_rotation_translation(torch.eye(3), cam_from_obj.apply(centre))
        adjoint = shift.adjoint().double()
        covariance = adjoint @ about_centre @ adjoint.T
        return (covariance + covariance.T) / 2


RGBD = Calibration(intercept=-5.6, per_score=11.1, error_correlation=110.0)
RGB = Calibration(intercept=-19.5, per_score=21.8, error_correlation=37.0)
