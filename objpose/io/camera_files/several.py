"""Files that hold more than one camera, or one inside another object: which of them is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from objpose.errors import InputError
from objpose.io.camera_files.intrinsics import has_intrinsics
from objpose.io.json_file import JsonValue

MOST_NESTED = 3
MOST_NAMED = 6  # in a message

Value = TypeVar("Value")


def find_cameras(content: JsonValue, nested: int = MOST_NESTED) -> list[tuple[JsonValue, list[JsonValue]]]:
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
