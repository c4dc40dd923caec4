"""Objects found again: by name in the stores, by folder, or from a mesh file."""

from __future__ import annotations

import os
from pathlib import Path

from objpose.errors import InputError, warn_input
from objpose.given import described
from objpose.io.mesh_kinds import READABLE
from objpose.objects.names import did_you_mean, stores, what_is_known
from objpose.objects.object_model import ObjectModel
from objpose.objects.storage import content_of, is_object
from objpose.onboarding.mesh import onboard
from objpose.onboarding.units import Units

CAMERA_FILES = ("transforms.json", "cameras.json")  # what a folder of posed pictures has


def load_object(name: str | Path, units: Units = "auto", seen: float | None = None) -> ObjectModel:
    """An onboarded object by name, by folder, or a mesh file, onboarded in memory.

    Names are looked up in ./templates, then in $OBJPOSE_TEMPLATES, then as a path; what begins with . or / is
    a path. Where a name means several objects the first is taken, with a warning.
    units, seen: of a mesh file, as for `onboard`.

    Raises:
        InputError: there is none; says what there is.
    """
    if not isinstance(name, str | os.PathLike):
        expected, cure = "the name of an onboarded object", "give a name or a path"
        raise InputError("object", described(name), expected, cure)
    try:
        return _loaded(os.fspath(name), Path(name), units, seen)
    except OSError as error:  # a name too long for the file system, a folder that may not be read
        expected, cure = "an onboarded object or a mesh file", did_you_mean("")
        raise InputError(f"object {os.fspath(name)[:60]!r}", error.strerror, expected, cure) from error


def _loaded(text: str, path: Path, units: Units, seen: float | None) -> ObjectModel:
    is_name = not path.is_absolute() and not text.startswith(".") and ".." not in path.parts and path.name
    places = [store / path for store in stores()] if is_name else []
    found = [place for place in places if is_object(place)]
    if units != "auto" and (found or is_object(path)):
        said, cure = f"{units} for an object onboarded before", "leave it out, or onboard it anew"
        raise InputError("units", said, "a mesh file to read by it", cure)
    if found:
        _warn_of_others(text, found[0], [*found[1:], path])
        return ObjectModel.load(found[0])
    if is_object(path):
        return ObjectModel.load(path)
    if path.is_file():
        return onboard(path, units=units, out=None, seen=seen)
    if path.is_dir() and path.name:
        raise _no_object(path)
    looked = ", ".join(str(place) for place in [*places, path])
    expected = f"{what_is_known()} or a mesh file"
    raise InputError(f"object {text}", f"nothing at {looked}", expected, did_you_mean(path.name))


def _warn_of_others(name: str, taken: Path, others: list[Path]) -> None:
    for other in others:
        if other.is_file() or (is_object(other) and content_of(other) != content_of(taken)):
            path = other if other.is_absolute() else f"./{other}"
            cure = f"{taken} is taken; give {path} for the other"
            warn_input(f"object {name}", f"both {taken} and {other}", "one of them", cure)


def _no_object(folder: Path) -> InputError:
    """The refusal of a folder that is no onboarded object, by what it seems to be."""
    names = sorted(path.name for path in folder.iterdir())
    meshes = [name for name in names if name.lower().endswith(READABLE)]
    if any(name in CAMERA_FILES for name in names):
        found = "a folder of posed pictures"
        cure = "onboard the object from them first: objpose onboard-views, objpose.onboard_views"
    elif meshes:
        found = "a folder of meshes"
        cure = f"give {' or '.join(str(folder / name) for name in meshes[:3])}"
    else:
        found, cure = f"a folder without an onboarded object ({len(names)} files)", did_you_mean(folder.name)
    return InputError(f"object {folder}", found, "an onboarded object or a mesh file", cure)
