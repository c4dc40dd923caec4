"""Which way a handle points: turns of a fitted cup compared where they differ, as rivals of an object are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.categories.instances import Instances
from objpose.crops import Crop
from objpose.geometry import SE3, SO3
from objpose.poses import FreeTurn
from objpose.poses.rivals import RGBD_EVIDENCE
from objpose.poses.rivals.compare import Comparison

TURNS = 36  # about the axis
SIZE = 64  # pixels of the crop in which all turns are compared
POSSIBLE = 3.0  # nats behind the best within which a turn is no less possible
SAME = math.radians(25)  # turns closer than this are one answer
NARROW = math.radians(50)  # a range of turns at most as wide as this tells the turn
REFITTED = 3  # turns of a cup that are fitted again at most


@dataclass(frozen=True, eq=False)
class Turns:
    """About z, of one instance: angles (TURNS,) from 0 on, and nats (TURNS,) against the best of them."""

    angles: Tensor
    nats: Tensor

    @property
    def share(self) -> float:
        """Of the chance, of the turns about the instance as it is."""
        near = _apart(self.angles, 0.0) <= SAME
        return float(self.nats.softmax(0)[near].sum())

    def peaks(self) -> list[float]:
        """Angles of the likeliest turns that are apart and no less possible, likeliest first."""
        found: list[float] = []
        for index in self.nats.argsort(descending=True).tolist():
            angle = float(self.angles[index])
            if self.nats[index] > -POSSIBLE and all(
                _apart(torch.tensor(angle), other) > SAME for other in found
            ):
                found.append(angle)
        return found[:REFITTED]

    def free_turn(self, axis_at: Tensor) -> FreeTurn | None:
        """The range of possible turns about the instance as it is, where it is wide.

        axis_at: (3,) metres, a point of the axis in the object's frame.
        """
        possible = (self.nats > -POSSIBLE).tolist()
        step = 2 * math.pi / TURNS
        up = next((k for k in range(1, TURNS) if not possible[k]), TURNS) - 0.5
        down = next((k for k in range(1, TURNS) if not possible[-k]), TURNS) - 0.5
        start, end = (-math.pi, math.pi) if up + down >= TURNS else (-down * step, up * step)
        if end - start <= NARROW:
            return None
        return FreeTurn(torch.tensor([0.0, 0.0, 1.0]), axis_at.double(), start, end)


def compared(instances: Instances, index: int, crop: Crop) -> Turns:
    """All turns of one of the instances about its axis, by what a frame shows."""
    mesh = instances.mesh(index)
    angles = torch.arange(TURNS) * (2 * math.pi / TURNS)
    poses = instances.cam_from_obj[index] @ turned(angles)
    first = Comparison(mesh, crop.smaller(SIZE), mesh.diameter(), RGBD_EVIDENCE.first, with_depth=True)
    return Turns(angles, first.log_odds(poses))


def turned(angles: Tensor) -> SE3:
    """(n,) turns about z, of the body's frame, by angles (n,)."""
    about_z = torch.stack([torch.zeros_like(angles), torch.zeros_like(angles), angles], dim=-1)
    return SE3.from_rotation_translation(SO3.exp(about_z), torch.zeros(*angles.shape, 3))


def _apart(angle: Tensor, other: float) -> Tensor:
    return (torch.remainder(angle - other + math.pi, 2 * math.pi) - math.pi).abs()
