"""Meshes and poses as callers give them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Mesh
from objpose.geometry.arrays import ArrayLike
from objpose.given.foreign_meshes import mesh_of
from objpose.given.kinds import described
from objpose.given.pictures import as_numbers

Poses = SE3 | Sequence[SE3] | ArrayLike


def as_mesh(value: object, argument: str = "mesh") -> Mesh | Path:
    """A Mesh of one, of trimesh's or of Open3D's; the path of a file stays one."""
    if isinstance(value, Mesh):
        return value
    if isinstance(value, str | os.PathLike):
        return Path(value)
    found = mesh_of(value)
    if found is not None:
        return found
    is_onboarded = hasattr(value, "keypoints")
    cure = "it is onboarded already: use it as it is" if is_onboarded else "give a mesh file or objpose.Mesh"
    raise InputError(argument, described(value), "a mesh file or a Mesh", cure)


def as_pose(value: object, argument: str) -> SE3:
    """() one transform, of an SE3 or of a 4 x 4 matrix."""
    single = value[None] if isinstance(value, SE3) and not value.batch_shape else value
    if (numbers := None if isinstance(single, SE3) else as_numbers(single)) is not None:
        single = numbers[None] if numbers.shape == (4, 4) else numbers
    found = as_poses(single, argument, 1)
    if len(found) != 1:
        raise InputError(argument, f"{len(found)} transforms", "one", "choose one of them")
    if not bool(found.wxyz_xyz.isfinite().all()):
        raise InputError(argument, "numbers that are not finite", "a transform", "leave it out if unknown")
    return found[0]


def as_poses(value: object, argument: str, count: int) -> SE3:
    """(count,) transforms of SE3, of (count, 4, 4) matrices, or of a list of either."""
    if isinstance(value, SE3):
        found = value
    elif isinstance(value, list | tuple) and value and all(isinstance(pose, SE3) for pose in value):
        found = SE3.stack(list(value))
    else:
        numbers = as_numbers(value)
        if numbers is None or numbers.shape[1:] != (4, 4):
            cure = "objpose.SE3.from_matrix of (N, 4, 4) matrices, the object's points into the camera"
            raise InputError(argument, described(value), f"{count} transforms", cure)
        found = SE3.from_matrix(torch.from_numpy(numbers))
    if found.wxyz_xyz.ndim != 2:
        found_words = f"transforms of shape {tuple(found.wxyz_xyz.shape[:-1])}"
        raise InputError(argument, found_words, f"({count},)", "give one for each view")
    return found
