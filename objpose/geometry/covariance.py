"""Covariances of transforms, of one way to count small motions and of another."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from objpose.geometry.se3 import SE3


def origin_and_turn_covariance(b_from_a: SE3, covariance: Float[Tensor, "6 6"]) -> Float[Tensor, "6 6"]:
    """Of where a's origin is in b, and of the turn about b's fixed axes; float64.

    covariance: of the left perturbation exp((v, w)) @ b_from_a, whose twist is about b's origin: there a's
    origin t moves by v + w x t, and the turn is w. ROS's PoseWithCovariance counts as the answer does.
    """
    about_origin = SE3.from_rotation_translation(
        torch.eye(3, dtype=torch.float64), -b_from_a.translation.double()
    ).adjoint()
    return about_origin @ covariance.double() @ about_origin.mT
