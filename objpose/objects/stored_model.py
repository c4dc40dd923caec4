"""An object as it is kept, numbers and arrays by name; and the object that those of any format stand for."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from objpose.features import PointCloud
from objpose.geometry import SE3, Mesh, Symmetry, detect_near_symmetry
from objpose.geometry.symmetry import ContinuousSymmetry
from objpose.objects.object_model import MESH_ARRAYS, Keypoints, ObjectModel
from objpose.objects.splat_files import load_splats
from objpose.objects.surface import Surface
from objpose.objects.view_sphere import ViewSphere
from objpose.raster import Splats

FORMAT = 4  # raised when a reader would misread other files, and when objects are onboarded better
READ = (1, 2, 3, FORMAT)  # the formats that are read
SPLATS = "splats.ply"


def meta_of(model: ObjectModel) -> dict:
    return {
        "format": FORMAT,
        "name": model.name,
        "content": model.content,
        "diameter": model.diameter,
        "origin": list(model.origin),
        "color_source": model.color_source,
        "is_from_views": model.fitted is not None,
        "symmetries_continuous": _lines_as_json(model.symmetry),
        "near_symmetries_continuous": _lines_as_json(model.near_symmetry),
        "source": model.source,
    }


def model_of(meta: dict, arrays: dict[str, Tensor], folder: Path) -> ObjectModel:
    mesh, cloud = _mesh("mesh", arrays), _cloud("surface", arrays)
    return ObjectModel(
        name=meta["name"],
        mesh=mesh,
        coarse_mesh=_mesh("coarse_mesh", arrays) if "coarse_mesh.vertices" in arrays else mesh,
        diameter=meta["diameter"],
        symmetry=_symmetry(arrays["symmetry.discrete"], meta["symmetries_continuous"]),
        near_symmetry=_near_symmetry(meta, arrays, cloud),
        surface=Surface(cloud, meta["diameter"]),
        views=ViewSphere(arrays["views.directions"], arrays["views.centroids"]),
        keypoints=Keypoints(_cloud("keypoints", arrays), arrays["keypoints.descriptors"]),
        source=meta["source"],
        folder=folder,
        fitted=_fitted(meta, arrays, folder),
        origin=tuple(meta.get("origin", (0.0, 0.0, 0.0))),
    )


def _lines_as_json(symmetry: Symmetry) -> list[dict]:
    return [{"axis": s.axis.tolist(), "offset": s.offset.tolist()} for s in symmetry.continuous]


def _symmetry(discrete: Tensor, lines: list[dict]) -> Symmetry:
    continuous = (ContinuousSymmetry(torch.tensor(s["axis"]), torch.tensor(s["offset"])) for s in lines)
    return Symmetry(SE3(discrete), tuple(continuous))


def _near_symmetry(meta: dict, arrays: dict[str, Tensor], cloud: PointCloud) -> Symmetry:
    if meta["format"] < 3:  # which had none
        return detect_near_symmetry(cloud.points, cloud.normals)
    return _symmetry(arrays["near_symmetry.discrete"], meta["near_symmetries_continuous"])


def _mesh(prefix: str, arrays: dict[str, Tensor]) -> Mesh:
    optional = (arrays.get(f"{prefix}.{name}") for name in MESH_ARRAYS[2:])
    return Mesh(arrays[f"{prefix}.vertices"], arrays[f"{prefix}.faces"], *optional)


def _cloud(prefix: str, arrays: dict[str, Tensor]) -> PointCloud:
    return PointCloud(arrays[f"{prefix}.points"], arrays[f"{prefix}.normals"], arrays.get(f"{prefix}.colors"))


def _fitted(meta: dict, arrays: dict[str, Tensor], folder: Path) -> Splats | None:
    if not meta.get("is_from_views"):
        return None
    if meta["format"] == 1:  # which had them in the PLY alone
        return load_splats(folder / SPLATS)
    prefix = "fitted."
    return Splats(**{name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)})
