"""Symmetries between BOP's models_info.json (millimetres) and `Symmetry` (metres)."""

from pathlib import Path

import numpy as np
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, ContinuousSymmetry, Symmetry
from objpose.io.camera_files.depth_unit import METERS_PER_MM
from objpose.io.json_file import JsonValue

ROTATION_TOLERANCE = 1e-2  # BOP files hold rotations rounded to a few digits
WRITTEN_DIGITS = 6
IDENTITY_TOLERANCE = 1e-6


def symmetry_from_bop(info: JsonValue | dict) -> Symmetry:
    """The symmetry of one entry of models_info.json; the identity, which BOP leaves out, is put in front.

    Raises:
        InputError: a discrete symmetry that is no rigid transform, or an axis without direction.
    """
    info = info if isinstance(info, JsonValue) else JsonValue(info, Path("models_info.json"))
    matrices = [np.eye(4)]
    if "symmetries_discrete" in info:
        matrices += [_rigid_matrix(item) for item in info["symmetries_discrete"].items()]
    axes = info["symmetries_continuous"].items() if "symmetries_continuous" in info else []
    return Symmetry(
        discrete=SE3.from_matrix(torch.from_numpy(np.stack(matrices))).to(torch.float32),
        continuous=tuple(_continuous(item) for item in axes),
    )


def symmetry_to_bop(symmetry: Symmetry) -> dict[str, object]:
    """The members of an entry of models_info.json; those that would be empty are left out."""
    matrices = symmetry.discrete.matrix().double().numpy()
    matrices[:, :3, 3] /= METERS_PER_MM
    is_turn = np.abs(matrices - np.eye(4)).max(axis=(1, 2)) > IDENTITY_TOLERANCE
    discrete = [np.round(matrix, WRITTEN_DIGITS).reshape(-1).tolist() for matrix in matrices[is_turn]]
    continuous = [
        {
            "axis": np.round(line.axis.double().numpy(), WRITTEN_DIGITS).tolist(),
            "offset": np.round(line.offset.double().numpy() / METERS_PER_MM, WRITTEN_DIGITS).tolist(),
        }
        for line in symmetry.continuous
    ]
    members: dict[str, object] = {"symmetries_discrete": discrete, "symmetries_continuous": continuous}
    return {name: value for name, value in members.items() if value}


def _rigid_matrix(item: JsonValue) -> np.ndarray:
    matrix = np.array(item.numbers(16)).reshape(4, 4)
    rotation = matrix[:3, :3]
    is_rotation = (
        np.allclose(rotation @ rotation.T, np.eye(3), atol=ROTATION_TOLERANCE) and np.linalg.det(rotation) > 0
    )
    if not is_rotation or not np.allclose(matrix[3], (0, 0, 0, 1)):
        raise InputError(
            f"{item.file}: {item.key_path}",
            "a matrix that is no rigid transform",
            "a rotation and a translation in mm, 4x4 row by row",
            "correct the symmetry",
        )
    matrix[:3, 3] *= METERS_PER_MM
    return matrix


def _continuous(item: JsonValue) -> ContinuousSymmetry:
    axis, offset = np.array(item["axis"].numbers(3)), np.array(item["offset"].numbers(3))
    length = np.linalg.norm(axis)
    if length < 1e-6:
        raise InputError(f"{item.file}: {item.key_path}.axis", axis, "a direction", "correct the symmetry")
    return ContinuousSymmetry(torch.from_numpy(axis / length), torch.from_numpy(offset * METERS_PER_MM))
