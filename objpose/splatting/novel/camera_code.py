"""A camera relative to a photo's, as the numbers that Zero123-like models were trained on."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, Camera

# Their cameras look along -z with y up.
OPENGL_FROM_OPENCV = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0]))


def orbit_code(
    known: Camera, known_from_world: SE3, new: Camera, new_from_world: SE3, middle: Tensor
) -> Tensor:
    """(4,) of Zero123: difference of polar angle, sine and cosine of that of azimuth, difference of distance.

    Both cameras are taken to look at the middle (3,), world, whose up is the photo's own.
    """
    up = -known_from_world.rotation.matrix()[1]
    forward = known_from_world.rotation.matrix()[2]
    across = torch.linalg.cross(forward, up)
    axes = torch.stack([across, forward, up])
    places = [axes @ (pose.inverse().translation - middle) for pose in (known_from_world, new_from_world)]
    distance = torch.stack([place.norm() for place in places])
    polar = torch.stack([torch.acos((place[2] / place.norm()).clamp(-1, 1)) for place in places])
    azimuth = torch.stack([torch.atan2(place[1], place[0]) for place in places])
    turn = azimuth[1] - azimuth[0]
    shares = distance / distance[0]  # a scene's unit is its own
    return torch.stack([polar[1] - polar[0], turn.sin(), turn.cos(), shares[1] - shares[0]])


def full_code(
    known: Camera, known_from_world: SE3, new: Camera, new_from_world: SE3, middle: Tensor
) -> Tensor:
    """(18,) of SparseAGS: the transform between the cameras, row by row, and logarithms of the focal ratios.

    Lengths are in distances of the photo from the middle (3,), world.
    """
    relative = (new_from_world @ known_from_world.inverse()).matrix().clone()
    relative[:3, 3] /= known_from_world.apply(middle).norm()
    turned = OPENGL_FROM_OPENCV.to(relative) @ relative @ OPENGL_FROM_OPENCV.to(relative)
    focals = [torch.tensor([one.fx / one.width, one.fy / one.height]) for one in (known, new)]
    return torch.cat([turned.flatten(), (focals[1] / focals[0]).log().to(relative)])


CODES = {4: orbit_code, 18: full_code}
