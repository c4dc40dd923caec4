"""Grasps of an object, in its own frame, from JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io.json_file import JsonValue, read_json
from objpose.io.named_transforms import METRES, read_transform

KNOWN = ("name", "obj_from_gripper", "approach")


@dataclass(frozen=True, eq=False)
class Grasp:
    name: str
    obj_from_gripper: SE3  # () the hand at the grasp, metres
    approach: tuple[float, float, float] = (0.0, 0.0, 1.0)  # the way it comes, gripper's frame


def read_grasps(path: str | os.PathLike[str]) -> list[Grasp]:
    """From JSON: {"unit": "m" or "mm", "grasps": [{"name", "obj_from_gripper", "approach"}]}.

    obj_from_gripper: a 4x4 matrix, or translation and a rotation as `read_transform` says; approach: 3
    numbers, by default z of the gripper.

    Raises:
        InputError: a missing or malformed file, unknown members, no grasp.
    """
    content = read_json(path)
    unit = content["unit"].text() if "unit" in content else "m"
    if unit not in METRES:
        raise InputError(f"{path}: unit", repr(unit), " or ".join(METRES), "give lengths in one of these")
    grasps = [_grasp(item, str(i), METRES[unit]) for i, item in enumerate(content["grasps"].items())]
    if not grasps:
        raise InputError(path, "no grasps", "one at least", "add obj_from_gripper of a hand that holds it")
    return grasps


def _grasp(item: JsonValue, number: str, metres: float) -> Grasp:
    unknown = [name for name, _ in item.members() if name not in KNOWN]
    if unknown:
        raise InputError(item.place, f"a member {unknown[0]!r}", f"some of {', '.join(KNOWN)}", "rename it")
    approach = item["approach"].numbers(3) if "approach" in item else [0.0, 0.0, 1.0]
    if not any(approach):
        raise InputError(item.place, "an approach of no direction", "3 numbers, not all zero", "correct it")
    name = item["name"].text() if "name" in item else number
    x, y, z = approach
    return Grasp(name, read_transform(item["obj_from_gripper"], metres), (x, y, z))
