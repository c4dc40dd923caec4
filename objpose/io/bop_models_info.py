"""models_info.json, written: sizes and symmetries of BOP models, put beside what the file already says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from objpose.errors import InputError
from objpose.geometry import Mesh, Symmetry
from objpose.io.bop_symmetry import symmetry_to_bop
from objpose.io.camera_files.depth_unit import METERS_PER_MM
from objpose.io.json_file import read_json, write_json

MODEL_NAME = re.compile(r"obj_(\d+)\.ply")
DIGITS = 6  # of numbers in millimetres: nanometres
SYMMETRY_MEMBERS = ("symmetries_discrete", "symmetries_continuous")


class FoundModel(NamedTuple):
    """A mesh, in metres, and its symmetry."""

    mesh: Mesh
    symmetry: Symmetry


def model_files(paths: Iterable[str | os.PathLike]) -> list[Path]:
    """The mesh files named, and of folders the BOP models (obj_000001.ply) in them.

    Raises:
        InputError: a folder without any.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if MODEL_NAME.fullmatch(file.name))
        if not inside:
            cure = "name the meshes themselves"
            raise InputError(path, "no obj_000001.ply or the like", "a folder of BOP models", cure)
        found += inside
    return found


def model_id(path: Path) -> int:
    """The object's id by the name of its mesh.

    Raises:
        InputError: another name than BOP's.
    """
    match = MODEL_NAME.fullmatch(path.name)
    if match is None:
        cure = "rename it so, or leave out --write"
        raise InputError(path, f"the name {path.name}", "obj_000001.ply, by the object's id", cure)
    return int(match[1])


def merge_models_info(path: str | os.PathLike, found: dict[int, FoundModel], replace: bool) -> str:
    """Put symmetries into models_info.json, whole or not at all; returns what was done, in words.

    All other members stay as they are. Diameter and bounds are added to objects that the file does not have.

    Raises:
        InputError: a malformed file, or one with other symmetries of an object, unless `replace`.
    """
    path = Path(path)
    infos = {key: dict(info.members()) for key, info in read_json(path).members()} if path.exists() else {}
    content = {key: {name: value.value for name, value in info.items()} for key, info in infos.items()}
    added = changed = 0
    for obj_id, model in found.items():
        key = str(obj_id)
        added += key not in content
        entry = content.setdefault(key, _sizes(model.mesh))
        symmetry = symmetry_to_bop(model.symmetry)
        old = {name: entry.pop(name) for name in SYMMETRY_MEMBERS if entry.get(name)}
        if old and not _is_same_kind(old, symmetry):
            if not replace:
                found_words = (
                    f"other symmetries of object {key}: {_count(old)}, where {_count(symmetry)} were found"
                )
                raise InputError(path, found_words, "none, or the same", "--replace changes them")
            changed += 1
        # What is there and of the same kind stays: it may be exact where ours is measured.
        entry.update(old if old and _is_same_kind(old, symmetry) else symmetry)
    ordered = dict(
        sorted(
            content.items(),
            key=lambda item: (not item[0].isdecimal(), int(item[0]) if item[0].isdecimal() else 0),
        )
    )
    write_json(path, ordered)
    return f"{len(found)} objects written, {added} of them new, {changed} with other symmetries than before"


def _sizes(mesh: Mesh) -> dict[str, object]:
    """Diameter and bounds, millimetres."""
    low, high = (
        side / METERS_PER_MM for side in (mesh.vertices.double().amin(0), mesh.vertices.double().amax(0))
    )
    entry: dict[str, object] = {"diameter": round(mesh.diameter() / METERS_PER_MM, DIGITS)}
    entry |= {f"min_{axis}": round(float(low[i]), DIGITS) for i, axis in enumerate("xyz")}
    return entry | {f"size_{axis}": round(float(high[i] - low[i]), DIGITS) for i, axis in enumerate("xyz")}


def _is_same_kind(old: dict[str, object], new: dict[str, object]) -> bool:
    return _count(old) == _count(new)


def _count(symmetry: dict[str, object]) -> str:
    counts = [
        len(value) if isinstance(value := symmetry.get(name, []), list) else 0 for name in SYMMETRY_MEMBERS
    ]
    return f"{counts[0]} turns and {counts[1]} axes of revolution"
