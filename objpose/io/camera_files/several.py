"""Files that hold more than one camera, or one inside another object: which of them is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from objpose.errors import InputError, warn_input
from objpose.io.camera_files.intrinsics import has_intrinsics, take_size
from objpose.io.camera_files.members import Members
from objpose.io.json_file import JsonValue

MOST_NESTED = 3
MOST_NAMED = 6  # in a message

Value = TypeVar("Value")
Found = tuple[JsonValue, list[JsonValue]]  # an object that says its K, and the members around it


def find_cameras(content: JsonValue, nested: int = MOST_NESTED) -> list[Found]:
    """Each object that says its K, with the members of the objects around it that hold no such object."""
    if has_intrinsics(content):
        return [(content, [])]
    if nested == 0 or not isinstance(content.value, dict | list):
        return []
    is_object = isinstance(content.value, dict)
    names = content.value if is_object else range(len(content.value))
    members = [content[name] for name in names if is_object or isinstance(content.value[name], dict | list)]
    found = [find_cameras(member, nested - 1) for member in members]
    beside = (
        [member for member, inside in zip(members, found, strict=True) if not inside] if is_object else []
    )
    return [(camera, [*around, *beside]) for inside in found for camera, around in inside]


def of_size(found: list[Found], size: tuple[int, int] | None) -> list[Found]:
    """Those of several cameras that say the image's size, where any does; with a warning of the others."""
    if size is None:
        return found
    fitting = [one for one in found if _said_size(one) == size]
    others = [value.key_path for value, _ in found if all(value is not kept for kept, _ in fitting)]
    if not fitting or not others:
        return found
    taken = ", ".join(value.key_path for value, _ in fitting[:MOST_NAMED])
    image = f"the one that took the image of {size[0]} x {size[1]}"
    cure = f"{taken} is used, which has its size"
    warn_input(
        fitting[0][0].file, f"{len(found)} cameras, also {', '.join(others[:MOST_NAMED])}", image, cure
    )
    return fitting


def _said_size(found: Found) -> tuple[int, int] | None:
    try:
        return take_size(Members(*found), None)
    except InputError:  # which the reading of that camera will say, if it is the one
        return None


def only_one(values: Mapping[str, Value], file: object) -> Value:
    """What all of the names have in common.

    Raises:
        InputError: they differ.
    """
    first, *others = values.values()
    if any(other != first for other in others):
        names = ", ".join(list(values)[:MOST_NAMED]) + (", ..." if len(values) > MOST_NAMED else "")
        found = f"{len(values)} different cameras: {names}"
        cure = "copy the one that took the image into a file of its own"
        raise InputError(file, found, "one camera", cure)
    return first
