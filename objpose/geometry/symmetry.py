"""Symmetries of an object: the rigid motions that leave it looking the same."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry.arrays import ArrayLike
from objpose.geometry.se3 import SE3
from objpose.geometry.so3 import SO3


@dataclass(frozen=True, eq=False)
class ContinuousSymmetry:
    """Any rotation about a line maps the object onto itself.

    axis: (3,) unit direction, offset: (3,) metres, a point of the line; both in the object frame.
    """

    axis: Tensor
    offset: Tensor

    def __post_init__(self) -> None:
        axis, offset = (torch.as_tensor(values, dtype=torch.float64) for values in (self.axis, self.offset))
        if axis.shape != (3,) or offset.shape != (3,) or not axis.norm() > 0:
            found = f"axis {axis.tolist()}, offset {offset.tolist()}"
            raise InputError(
                "continuous symmetry", found, "3 numbers each, axis not zero", "repair the symmetry"
            )
        object.__setattr__(self, "axis", (axis / axis.norm()).float())
        object.__setattr__(self, "offset", offset.float())

    def rotations(self, angles: ArrayLike) -> SE3:
        """(n,) obj_from_obj rotations about the line by angles (n,), radians."""
        axis, offset = self.axis.double(), self.offset.double()
        rotation = SO3.exp(torch.as_tensor(angles, dtype=torch.float64)[..., None] * axis)
        return SE3.from_rotation_translation(rotation, offset - rotation.apply(offset)).to(torch.float32)


@dataclass(frozen=True, eq=False)
class Symmetry:
    """The symmetry group of an object, as BOP describes it.

    discrete: (n,) obj_from_obj transforms, the identity among them. continuous: any number of lines of free
    rotation; the group holds each of their rotations composed with each discrete transform.
    """

    discrete: SE3
    continuous: tuple[ContinuousSymmetry, ...] = ()

    @staticmethod
    def none() -> Symmetry:
        """The symmetry of an object without any: the identity alone."""
        return Symmetry(SE3.identity((1,)))

    @property
    def is_trivial(self) -> bool:
        return len(self.discrete) == 1 and not self.continuous

    def transforms(self, diameter: float, max_step: float = 0.01) -> SE3:
        """(m,) obj_from_obj transforms that stand for the whole group, as BOP discretises it.

        Rotations about a line are so dense that no point within diameter / 2 of it moves by more than
        max_step * diameter from one to the next. The identity comes first.
        """
        if not (diameter > 0 and max_step > 0):
            found = f"diameter {diameter}, max_step {max_step}"
            raise InputError("symmetry", found, "positive numbers", "give the object's diameter in metres")
        # An arc of radius diameter / 2 and length max_step * diameter spans 2 max_step radians.
        n_turns = math.ceil(math.pi / max_step)
        angles = torch.arange(n_turns, dtype=torch.float64) * (2 * math.pi / n_turns)
        if not self.continuous:
            return self.discrete
        parts = [line.rotations(angles)[:, None] @ self.discrete for line in self.continuous]
        return SE3.cat([SE3(part.wxyz_xyz.reshape(-1, 7)) for part in parts])
