"""The lens of HOT3D's cameras, Meta's FISHEYE624."""

import math

import torch
from torch import Tensor

COEFFICIENTS = 12  # 6 radial, 2 tangential, 4 of a thin prism, in this order


def fisheye624(points_cam: Tensor, coefficients: Tensor) -> Tensor:
    """(B, 2, N) places in the image plane, to be multiplied by K, of points (B, 3, N) in the camera frame.

    A ray at an angle to the axis lands at that angle (radians) from the centre, then is displaced by
    polynomials of that radius, as the Hand Tracking Toolkit defines them. coefficients: (B, 12).
    """
    radial, tangential, prism = coefficients[..., None].split([6, 2, 4], dim=1)
    across = points_cam[:, :2].norm(dim=1, keepdim=True)
    angle = torch.atan2(across, points_cam[:, 2:])
    place = points_cam[:, :2] * (angle / across.clamp(min=torch.finfo(across.dtype).tiny))
    squared = place.square().sum(dim=1, keepdim=True).clamp(max=math.pi**2)
    growth = torch.zeros_like(squared)
    for k in radial.flip(1).unbind(dim=1):
        growth = (growth + k[:, None]) * squared
    place = place * (1 + growth)
    squared = place.square().sum(dim=1, keepdim=True)
    along = (place * tangential).sum(dim=1, keepdim=True)
    thin = prism[:, 0::2] * squared + prism[:, 1::2] * squared.square()
    return place + 2 * along * place + tangential * squared + thin
