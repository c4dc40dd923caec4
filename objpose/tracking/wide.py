"""Many starts around a pose, for a frame in which the object went further than outlines pull."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.geometry.tangent import moved_about
from objpose.tracking.align import MOST, Step

TILTS = 15.0, 30.0  # degrees out of the image plane: what an outline's lines cannot tell the way of
AROUND = 8  # directions to tilt in, of each
ASIDE = 0.5  # diameters to every side
COARSE = 17.0  # an object's diameter in the picture, of the first segments


def wide_starts(cam_from_mesh: SE3, centre: Tensor, diameter: float) -> Tensor:
    """(B, 7) poses around each of poses (k,): tilted out of the image plane, and shifted along it.

    Tian et al., Large-displacement 3D object tracking with hybrid non-local optimization, ECCV 2022: turns
    out of the plane are searched, all else the lines find by themselves.
    """
    twists = _twists(diameter)
    return torch.cat([moved_about(centre, pose.expand(len(twists), 7), twists) for pose in cam_from_mesh.wxyz_xyz])


def wide_steps(size: float) -> tuple[Step, ...]:
    """Of many poses at once, for an object of `size` pixels."""
    scale = min(max(size / COARSE, 1.0), MOST)
    middle = max(1, round(0.67 * scale))
    return Step(max(1, round(scale)), 4.2 * scale, 1.0), Step(middle, 2.0 * scale, 0.8)


def _twists(diameter: float) -> Tensor:
    """(k, 6) the first one none."""
    around = torch.arange(AROUND) * (2 * math.pi / AROUND)
    tilts = [math.radians(tilt) * torch.stack([around.cos(), around.sin()], 1) for tilt in TILTS]
    aside = ASIDE * diameter * torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    twists = torch.zeros(1 + AROUND * len(TILTS) + len(aside), 6)
    twists[1 : 1 + AROUND * len(TILTS), 3:5] = torch.cat(tilts)
    twists[1 + AROUND * len(TILTS) :, :2] = aside
    return twists
