"""An onboarded object on disk: a folder with `object.json`, `arrays.safetensors` and perhaps `splats.ply`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from objpose.errors import InputError
from objpose.features import PointCloud
from objpose.geometry import SE3, Mesh, Symmetry
from objpose.geometry.symmetry import ContinuousSymmetry
from objpose.onboarding.object_model import Keypoints, ObjectModel
from objpose.onboarding.splat_files import load_splats, save_splats
from objpose.onboarding.surface import Surface
from objpose.onboarding.view_sphere import ViewSphere

FORMAT = 1  # raised when a reader of the old files would misread the new ones
MESH_ARRAYS = ("vertices", "faces", "vertex_colors", "uvs", "texture")
META, ARRAYS = "object.json", "arrays.safetensors"
SPLATS = "splats.ply"  # of an object onboarded from views


def save_object(model: ObjectModel, folder: Path) -> Path:
    """Write the folder aside, then rename: a reader finds the old one or the new one, whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        arrays = {key: value.contiguous() for key, value in _arrays(model).items() if value is not None}
        save_file(arrays, fresh / ARRAYS)
        (fresh / META).write_text(json.dumps(_meta(model), indent=1) + "\n")
        if model.fitted is not None:
            save_splats(fresh / SPLATS, model.fitted)
        fresh.chmod(0o755)  # both are made private by their makers
        (fresh / ARRAYS).chmod(0o644)
        _replace_folder(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def load_saved_object(folder: Path) -> ObjectModel:
    """Raises InputError naming the folder when a file is missing, torn or of another format."""
    cure = "onboard the object again"
    try:
        meta = json.loads((folder / META).read_text())
        arrays = load_file(folder / ARRAYS)
    except FileNotFoundError as error:  # safetensors leaves the file name out
        raise InputError(
            str(folder), f"no {Path(error.filename or ARRAYS).name}", "an onboarded object", cure
        ) from error
    except (ValueError, SafetensorError) as error:  # no JSON, or not even text
        raise InputError(str(folder), f"a damaged file ({error})", "an onboarded object", cure) from error
    found = meta.get("format") if isinstance(meta, dict) else None
    if found != FORMAT:
        raise InputError(str(folder), f"format {found}", f"format {FORMAT}", cure)
    try:
        return _model(meta, arrays, folder)
    except KeyError as error:
        found = f"a damaged file (no {error.args[0]})"
        raise InputError(str(folder), found, "an onboarded object", cure) from error


def _replace_folder(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        os.replace(fresh, folder)
        return
    if not (folder / META).exists():
        cure = "choose another name or move it away"
        raise InputError(
            str(folder), "a folder that holds something else", "an onboarded object or nothing", cure
        )
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
    os.replace(folder, old / folder.name)
    try:
        os.replace(fresh, folder)
    except OSError:
        os.replace(old / folder.name, folder)
        raise
    finally:
        shutil.rmtree(old)


def _meta(model: ObjectModel) -> dict:
    continuous = [{"axis": s.axis.tolist(), "offset": s.offset.tolist()} for s in model.symmetry.continuous]
    return {
        "format": FORMAT,
        "name": model.name,
        "diameter": model.diameter,
        "origin": list(model.origin),
        "color_source": model.color_source,
        "is_from_views": model.fitted is not None,
        "symmetries_continuous": continuous,
        "source": model.source,
    }


def _arrays(model: ObjectModel) -> dict[str, Tensor | None]:
    coarse = {} if model.coarse_mesh is model.mesh else _mesh_arrays("coarse_mesh", model.coarse_mesh)
    return {
        **_mesh_arrays("mesh", model.mesh),
        **coarse,
        "symmetry.discrete": model.symmetry.discrete.wxyz_xyz,
        "look_alikes": model.look_alikes.wxyz_xyz,
        "views.directions": model.views.directions,
        "views.centroids": model.views.centroids,
        **_cloud_arrays("surface", model.surface.cloud),
        **_cloud_arrays("keypoints", model.keypoints.cloud),
        "keypoints.descriptors": model.keypoints.descriptors,
    }


def _mesh_arrays(prefix: str, mesh: Mesh) -> dict[str, Tensor | None]:
    return {f"{prefix}.{name}": getattr(mesh, name) for name in MESH_ARRAYS}


def _mesh(prefix: str, arrays: dict[str, Tensor]) -> Mesh:
    optional = (arrays.get(f"{prefix}.{name}") for name in MESH_ARRAYS[2:])
    return Mesh(arrays[f"{prefix}.vertices"], arrays[f"{prefix}.faces"], *optional)


def _cloud_arrays(prefix: str, cloud: PointCloud) -> dict[str, Tensor | None]:
    return {
        f"{prefix}.points": cloud.points,
        f"{prefix}.normals": cloud.normals,
        f"{prefix}.colors": cloud.colors,
    }


def _cloud(prefix: str, arrays: dict[str, Tensor]) -> PointCloud:
    return PointCloud(arrays[f"{prefix}.points"], arrays[f"{prefix}.normals"], arrays.get(f"{prefix}.colors"))


def _model(meta: dict, arrays: dict[str, Tensor], folder: Path) -> ObjectModel:
    continuous = tuple(
        ContinuousSymmetry(torch.tensor(s["axis"]), torch.tensor(s["offset"]))
        for s in meta["symmetries_continuous"]
    )
    mesh = _mesh("mesh", arrays)
    return ObjectModel(
        name=meta["name"],
        mesh=mesh,
        coarse_mesh=_mesh("coarse_mesh", arrays) if "coarse_mesh.vertices" in arrays else mesh,
        diameter=meta["diameter"],
        symmetry=Symmetry(SE3(arrays["symmetry.discrete"]), continuous),
        look_alikes=SE3(arrays["look_alikes"]),
        surface=Surface(_cloud("surface", arrays), meta["diameter"]),
        views=ViewSphere(arrays["views.directions"], arrays["views.centroids"]),
        keypoints=Keypoints(_cloud("keypoints", arrays), arrays["keypoints.descriptors"]),
        source=meta["source"],
        folder=folder,
        fitted=load_splats(folder / SPLATS) if meta.get("is_from_views") else None,
        origin=tuple(meta.get("origin", (0.0, 0.0, 0.0))),
    )
