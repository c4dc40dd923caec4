"""Symmetries that objects have by construction: turns about z, half turns of blocks."""

from __future__ import annotations

import torch

from objpose.geometry import SE3, SO3, ContinuousSymmetry, Symmetry


def turn_by(rotation_vector: list[float], height: float = 0.0) -> SE3:
    """(1,) a rotation about the point (0, 0, height), metres."""
    rotation, centre = SO3.exp(torch.tensor([rotation_vector])), torch.tensor([[0.0, 0.0, height]])
    return SE3.from_rotation_translation(rotation, centre - rotation.apply(centre))


def half_turns() -> Symmetry:
    """Of a block with three different sides."""
    axes = torch.eye(3).mul(torch.pi).tolist()
    return Symmetry(SE3.cat([SE3.identity((1,)), *(turn_by(axis) for axis in axes)]))


def z_axis() -> ContinuousSymmetry:
    return ContinuousSymmetry(torch.tensor([0.0, 0.0, 1.0]), torch.zeros(3))


def free_turn() -> Symmetry:
    return Symmetry(SE3.identity((1,)), (z_axis(),))


def free_turn_and_flip(middle: float = 0.0) -> Symmetry:
    """Any turn about z, also upside down about the height `middle`, metres."""
    return Symmetry(SE3.cat([SE3.identity((1,)), turn_by([torch.pi, 0, 0], middle)]), (z_axis(),))
