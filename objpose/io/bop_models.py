"""The models folder of a BOP set: models_info.json and the meshes."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.geometry import Mesh, Symmetry
from objpose.io.bop_symmetry import symmetry_from_bop
from objpose.io.camera_files.depth_unit import METERS_PER_MM
from objpose.io.json_file import JsonValue, read_json
from objpose.io.meshes import read_mesh

# Where a set offers several kinds: `models` if there, else the designed surface before the scanned one.
PREFERRED_FOLDERS = ("models", "models_cad", "models_reconst", "models_eval", "models_fine")
REPAIR = "get the models archive of the set again from https://bop.felk.cvut.cz/datasets and unpack it there"


@dataclass(frozen=True)
class ModelInfo:
    """One entry of models_info.json, in metres."""

    obj_id: int
    diameter: float
    symmetry: Symmetry
    bounds: np.ndarray | None  # (2, 3) lowest and highest corner; None where the file does not say


class BopModels:
    """The objects of a BOP set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def infos(self) -> dict[int, ModelInfo]:
        """Diameter, bounds and symmetry of every object.

        Raises:
            InputError: models_info.json is missing or malformed.
        """
        path = self.folder / "models_info.json"
        if not path.is_file():
            raise InputError(path, "no such file", "diameters and symmetries of the models", REPAIR)
        return dict(sorted(_model_info(key, info) for key, info in read_json(path).members()))

    def mesh_path(self, obj_id: int) -> Path:
        """The mesh file of an object.

        Raises:
            InputError: the set has no such object, or its file is missing.
        """
        if obj_id not in self.infos:
            known = ", ".join(map(str, self.infos))
            raise InputError(self.folder, f"no object {obj_id}", f"one of {known}", "check the object id")
        path = self.folder / f"obj_{obj_id:06d}.ply"
        if not path.is_file():
            raise InputError(path, "no such file", f"the mesh of object {obj_id}", REPAIR)
        return path

    def mesh(self, obj_id: int, colors: bool = True) -> Mesh:
        """The mesh of an object, in metres; `colors` as for `read_mesh`.

        Raises:
            InputError: no such object, or a missing or malformed file.
        """
        return read_mesh(self.mesh_path(obj_id), colors).scaled(METERS_PER_MM)


def find_models_folder(root: Path, name: str | None) -> Path:
    """The models folder of a set: the one named, else the first of `PREFERRED_FOLDERS` that is there.

    Raises:
        InputError: there is none; lists what there is.
    """
    present = sorted(path.name for path in root.glob("models*") if path.is_dir())
    chosen = [candidate for candidate in ([name] if name else PREFERRED_FOLDERS) if candidate in present]
    if not chosen:
        expected = name or "a folder models, models_cad, models_reconst or models_eval"
        raise InputError(root, f"models folders: {', '.join(present) or 'none'}", expected, REPAIR)
    return root / chosen[0]


def _model_info(key: str, info: JsonValue) -> tuple[int, ModelInfo]:
    if not re.fullmatch(r"\d+", key):
        raise InputError(
            f"{info.file}: {key!r}", "a key that is no object id", "a whole number", "correct the file"
        )
    diameter = info["diameter"].number() * METERS_PER_MM
    if diameter <= 0:
        raise InputError(f"{info.file}: {key}.diameter", diameter, "millimetres above 0", "correct the file")
    bounds = _bounds(info) if all(f"min_{axis}" in info for axis in "xyz") else None
    return int(key), ModelInfo(int(key), diameter, symmetry_from_bop(info), bounds)


def _bounds(info: JsonValue) -> np.ndarray:
    lowest = np.array([info[f"min_{axis}"].number() for axis in "xyz"])
    size = np.array([info[f"size_{axis}"].number() for axis in "xyz"])
    return np.stack([lowest, lowest + size]) * METERS_PER_MM
