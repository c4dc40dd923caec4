"""Even coverings of rotations and of view directions."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry.so3 import SO3

# Alexa, "Super-Fibonacci Spirals: Fast, Low-Discrepancy Sampling of SO(3)", CVPR 2022: the two constants are
# sqrt(2) and the real root of x^4 = x + 4.
SUPER_FIBONACCI_PHI = math.sqrt(2.0)
SUPER_FIBONACCI_PSI = 1.533751168755204288118041
GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))


def rotation_grid(n: int) -> SO3:
    """(n,) rotations spread evenly over SO(3), by super-Fibonacci spirals (Alexa 2022)."""
    s = torch.arange(n, dtype=torch.float64) + 0.5
    inner, outer = (s / n).sqrt(), (1 - s / n).sqrt()
    alpha = 2 * math.pi * s / SUPER_FIBONACCI_PHI
    beta = 2 * math.pi * s / SUPER_FIBONACCI_PSI
    quaternion = [inner * alpha.sin(), inner * alpha.cos(), outer * beta.sin(), outer * beta.cos()]
    return SO3(torch.stack(quaternion, dim=-1).to(torch.float32))


def view_directions(n: int) -> Tensor:
    """(n, 3) unit vectors spread evenly over the sphere (Fibonacci lattice), from +z down to -z."""
    i = torch.arange(n, dtype=torch.float64)
    z = 1 - (2 * i + 1) / n
    radius = (1 - z * z).sqrt()
    azimuth = GOLDEN_ANGLE * i
    return torch.stack([radius * azimuth.cos(), radius * azimuth.sin(), z], dim=-1).to(torch.float32)


def view_rotations(n_views: int, n_inplane: int) -> SO3:
    """(n_views * n_inplane,) rotations cam_from_obj of cameras that look at the object's origin.

    The camera of view i stands in direction `view_directions(n_views)[i]`; its n_inplane turns about the
    optical axis follow one another. With the translation (0, 0, distance) the origin projects to
    the principal point.
    """
    forward = -view_directions(n_views).to(torch.float64)
    # Image down is object -z, except for views along z, where -z has no direction in the image.
    down = torch.tensor([0.0, 0.0, -1.0], dtype=torch.float64).expand_as(forward).clone()
    down[forward[:, 2].abs() > 0.999] = torch.tensor([0.0, -1.0, 0.0], dtype=torch.float64)
    right = torch.nn.functional.normalize(torch.linalg.cross(down, forward), dim=-1)
    down = torch.linalg.cross(forward, right)
    upright = SO3.from_matrix(torch.stack([right, down, forward], dim=-2))
    turns = torch.zeros(n_inplane, 3, dtype=torch.float64)
    turns[:, 2] = torch.arange(n_inplane, dtype=torch.float64) * (2 * math.pi / n_inplane)
    rotations = SO3.exp(turns) @ upright[:, None]
    return SO3(rotations.wxyz.reshape(-1, 4).to(torch.float32))
