"""Rigid transforms that say their frames by their name: `base_from_gripper`, or the inverse by its own."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from objpose.errors import InputError
from objpose.geometry import SE3, SO3
from objpose.io.json_file import JsonValue
from objpose.io.photo_cameras import read_motion

UNIT_TOLERANCE = 0.01  # of a quaternion's length: written with two decimals at least
# Of a rotation beside a translation: its name, and how many numbers it has.
ROTATIONS = {"quaternion_wxyz": 4, "quaternion_xyzw": 4, "rotation_vector": 3}
# Columns of a table.
QUATERNION, VECTOR, SHIFT = ("qw", "qx", "qy", "qz"), ("rx", "ry", "rz"), ("x", "y", "z")
METRES = {"m": 1.0, "mm": 1e-3}


def read_transform(value: JsonValue, metres: float = 1.0) -> SE3:
    """A 4x4 matrix by rows, or an object of `translation` and one of `quaternion_wxyz`, `quaternion_xyzw` and
    `rotation_vector` (axis times radians); float64.

    metres: what one of the file's lengths is.

    Raises:
        InputError: neither of these, a mirrored or scaled matrix, a quaternion not of length one.
    """
    if isinstance(value.value, list):
        transform = read_motion(value)
        return SE3.from_rotation_translation(transform.rotation, metres * transform.translation)
    named = [name for name in ROTATIONS if name in value]
    if len(named) != 1 or "translation" not in value:
        found = f"members {', '.join(name for name, _ in value.members()) or 'none'}"
        expected = f"4 rows of 4, or translation and one of {', '.join(ROTATIONS)}"
        raise InputError(value.place, found, expected, "name the rotation as it is stored")
    [name] = named
    numbers = value[name].numbers(ROTATIONS[name])
    numbers = [numbers[3], *numbers[:3]] if name == "quaternion_xyzw" else numbers
    return _transform(numbers, value["translation"].numbers(3), metres, f"{value.place}.{name}")


def transform_of_columns(row: Mapping[str, float], frames: str, metres: float, place: str) -> SE3 | None:
    """From columns `FRAMES.x .y .z` and `.qw .qx .qy .qz` or `.rx .ry .rz` of a table; None without.

    Raises:
        InputError: some of them alone, or a quaternion that is not of length one.
    """
    there = [name for name in row if name.startswith(f"{frames}.")]
    if not there:
        return None
    rotation = QUATERNION if f"{frames}.qw" in row else VECTOR
    wanted = [f"{frames}.{part}" for part in (*SHIFT, *rotation)]
    if sorted(there) != sorted(wanted):
        cure = "complete the columns: .x .y .z, and .qw .qx .qy .qz or .rx .ry .rz (axis times radians)"
        raise InputError(place, f"columns {', '.join(there)}", ", ".join(wanted), cure)
    numbers = [row[name] for name in wanted]
    return _transform(numbers[3:], numbers[:3], metres, f"{place}: {frames}")


def by_its_name(transforms: Mapping[str, SE3 | None], b: str, a: str) -> SE3 | None:
    """b_from_a of those given by name, be it there as a_from_b."""
    straight, inverse = transforms.get(f"{b}_from_{a}"), transforms.get(f"{a}_from_{b}")
    return straight if straight is not None or inverse is None else inverse.inverse()


def _transform(rotation: list[float], translation: list[float], metres: float, place: str) -> SE3:
    numbers = torch.tensor(rotation, dtype=torch.float64)
    if len(rotation) == 4 and abs(float(numbers.norm()) - 1) > UNIT_TOLERANCE:
        found = f"a quaternion of length {float(numbers.norm()):.3g}"
        raise InputError(place, found, "length 1", "see that it is a quaternion, and write all its decimals")
    turn = SO3(numbers).normalized() if len(rotation) == 4 else SO3.exp(numbers)
    return SE3.from_rotation_translation(turn, metres * torch.tensor(translation, dtype=torch.float64))
