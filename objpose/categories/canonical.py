"""A fitted instance as it is answered: about the middle of its box, axes in order, with its symmetry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.categories.instances import Instances
from objpose.categories.kinds import Kind
from objpose.geometry import SE3, SO3, ContinuousSymmetry, Mesh, Symmetry

ROUND = 0.15  # of the wider side: sides that differ by less are told apart by no measurement of them


@dataclass(frozen=True, eq=False)
class Canonical:
    cam_from_obj: SE3  # () of the middle of the box
    size: Tensor  # (3,) metres
    mesh: Mesh  # metres, about the middle of the box
    body_from_obj: SE3  # () to the frame of the shape model
    symmetry: Symmetry

    @property
    def body_middle(self) -> Tensor:
        """(3,) metres, object frame: the middle of the body without its handle."""
        return self.body_from_obj.inverse().translation


def canonical(instances: Instances, index: int, kind: Kind) -> Canonical:
    mesh = instances.mesh(index)
    low, high = mesh.bounds()
    rotation = _sorted_axes(high - low) if kind.half_turns else torch.eye(3)
    body_from_obj = SE3.from_rotation_translation(SO3.from_matrix(rotation), (low + high) / 2)
    vertices = (mesh.vertices - (low + high) / 2) @ rotation
    size = (rotation.mT @ (high - low)).abs()
    cam_from_obj = instances.cam_from_obj[index] @ body_from_obj
    shape = Mesh(vertices, mesh.faces)
    return Canonical(cam_from_obj, size, shape, body_from_obj, symmetry_of(kind, size))


def symmetry_of(kind: Kind, size: Tensor) -> Symmetry:
    """Of an instance of size (3,)."""
    x, y, _ = size.tolist()
    is_round = kind.turns_freely and abs(x - y) < ROUND * max(x, y)
    turns = [(0.0, 0.0, 0.0)]
    if kind.half_turns or (kind.turns_freely and not is_round):
        turns.append((0.0, 0.0, math.pi))
    if kind.half_turns or kind.ends_alike:
        turns += [(math.pi, 0.0, 0.0), (0.0, math.pi, 0.0)][: len(turns)]
    discrete = SE3.from_rotation_translation(SO3.exp(torch.tensor(turns)), torch.zeros(len(turns), 3))
    line = ContinuousSymmetry(torch.tensor([0.0, 0.0, 1.0]), torch.zeros(3))
    return Symmetry(discrete, (line,) if is_round else ())


def _sorted_axes(size: Tensor) -> Tensor:
    """(3, 3) a rotation whose columns are the axes of a box of size (3,), the shortest side first."""
    columns = torch.eye(3)[:, size.argsort()]
    return columns * torch.tensor([1.0, 1.0, float(torch.linalg.det(columns).round())])
