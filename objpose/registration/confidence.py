"""What a score means: the chance that the pose is right, and how far off it may be."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3

# Model of "within 10 % of the diameter everywhere", fitted on synthetic scenes with known truth; in half the
# mask is another object's or out of place. benchmarks/calibration.py prints these constants.
INTERCEPT, PER_SCORE, TIE_SCALE = -5.6, 11.1, 0.009
# Neighbouring pixels err together, depth as a whole is off by parts in a thousand, colour by parts of a
# pixel: the covariance of independent pixels, times this, has the errors seen on these scenes in its middle.
ERROR_CORRELATION = 110.0
PRIOR_SHIFT = 0.5  # standard deviation, in diameters, of what no residual fixes
PRIOR_TURN = 3.0  # the same for rotations, radians


def confidence(score: Tensor, runner_up: Tensor) -> Tensor:
    """(*,) in [0, 1] from the score of a pose and that of the best different one (0 for none).

    The chance that a pose of this score is right, times its chance against the runner-up: two poses that
    explain the frame equally well share it, however well they do.
    """
    explains = torch.sigmoid(INTERCEPT + PER_SCORE * score)
    return explains * torch.sigmoid((score - runner_up) / TIE_SCALE)


def pose_covariance(information: Tensor, cam_from_obj: SE3, centre: Tensor, diameter: float) -> Tensor:
    """(6, 6) covariance of the left perturbation exp((v, w)) @ cam_from_obj, metres and radians.

    information: (6, 6) normal matrix about the object's centre, given as `centre` (3,) in the object frame.
    """
    prior = torch.tensor([PRIOR_SHIFT * diameter] * 3 + [PRIOR_TURN] * 3, dtype=torch.float64)
    about_centre = torch.linalg.inv(information.double() / ERROR_CORRELATION + torch.diag(prior**-2))
    shift = SE3.from_rotation_translation(torch.eye(3), cam_from_obj.apply(centre))
    adjoint = shift.adjoint().double()
    covariance = adjoint @ about_centre @ adjoint.T
    return (covariance + covariance.T) / 2
