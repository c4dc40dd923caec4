"""Normalised object coordinates (NOCS): an object's points in a box of diagonal 1 about the origin.

Wang, Sridhar, Huang, Valentin, Song, Guibas: Normalized Object Coordinate Space for Category-Level 6D Object
Pose and Size Estimation, CVPR 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import HOST, Mesh, Symmetry, on_device


@dataclass(frozen=True, eq=False)
class NocsFrame:
    """Where an object's box lies in the object's frame, and how large it is."""

    centre: Float[Tensor, " 3"]  # metres, object frame
    scale: float  # metres: the box's diagonal

    @staticmethod
    def of(mesh: Mesh) -> NocsFrame:
        low, high = mesh.bounds().to(HOST)
        return NocsFrame((low + high) / 2, float((high - low).norm()))

    def normalised(self, points: Tensor) -> Tensor:
        """(*, 3) coordinates of points (*, 3), metres, object frame."""
        return (points - self.centre.to(points)) / self.scale

    def points(self, coordinates: Tensor) -> Tensor:
        """(*, 3) metres, object frame, of normalised coordinates (*, 3)."""
        return coordinates * self.scale + self.centre.to(coordinates)


@dataclass(frozen=True, eq=False)
class NocsSymmetry:
    """What leaves an object as it is, acting on its normalised coordinates."""

    discrete: Float[Tensor, "M 3 4"]  # the identity among them
    axis: Float[Tensor, " 3"] | None = None  # unit: any turn about this line, after any of the others
    offset: Float[Tensor, " 3"] | None = None  # a point of the line

    @staticmethod
    def of(symmetry: Symmetry, frame: NocsFrame) -> NocsSymmetry:
        """InputError for what turns freely about several axes: a ball's coordinates say nothing."""
        if len(symmetry.continuous) > 1:
            cure = "leave the network out: a ball's pose is its place, which needs none"
            raise InputError(
                "symmetry", f"{len(symmetry.continuous)} axes of revolution", "one at most", cure
            )
        rotation = symmetry.discrete.rotation.matrix()
        moved = symmetry.discrete.apply(frame.centre)
        discrete = torch.cat([rotation, frame.normalised(moved)[..., None]], dim=-1)
        if not symmetry.continuous:
            return NocsSymmetry(discrete)
        line = symmetry.continuous[0]
        return NocsSymmetry(discrete, line.axis, frame.normalised(line.offset))

    @property
    def is_trivial(self) -> bool:
        return len(self.discrete) == 1 and self.axis is None

    def to(self, device: torch.device | str) -> NocsSymmetry:
        return on_device(self, torch.device(device))
