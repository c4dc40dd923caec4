"""A mesh as arrays between the file formats and `geometry.Mesh`, and the checks that all formats share."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.geometry.mesh import MOST_COORDINATE


@dataclass(frozen=True)
class MeshArrays:
    """Arrays of one mesh, not yet checked."""

    vertices: np.ndarray  # (V, 3) in the unit of the file
    faces: np.ndarray  # (F, 3) indices
    vertex_colors: np.ndarray | None = None  # (V, 3) in [0, 1]
    uvs: np.ndarray | None = None  # (V, 2), v up
    texture: np.ndarray | None = None  # (H, W, 3) uint8


def corner_triangles(counts: np.ndarray) -> np.ndarray:
    """Fan triangles of polygons with `counts` corners, as (T, 3) indices into the flat list of corners."""
    first_corners = np.cumsum(counts) - counts
    fans = counts - 2
    polygon = np.repeat(np.arange(len(counts)), fans)
    step = np.arange(fans.sum()) - np.repeat(np.cumsum(fans) - fans, fans)
    first = first_corners[polygon]
    return np.stack([first, first + step + 1, first + step + 2], axis=1)


def split_corners(mesh: MeshArrays, corner_values: np.ndarray) -> tuple[MeshArrays, np.ndarray]:
    """Give every vertex one row of values: a vertex with several, on a seam, is doubled.

    Args:
        mesh: checked (`check_arrays`), without `uvs`.
        corner_values: (F, 3, D), one row for each corner of each face.

    Returns:
        The mesh, and the values (V, D) of its vertices.
    """
    columns = corner_values.shape[-1]
    corners = np.concatenate([mesh.faces.reshape(-1, 1), corner_values.reshape(-1, columns)], axis=1)
    unique, inverse = np.unique(corners, axis=0, return_inverse=True)
    source = unique[:, 0].astype(np.int64)
    colors = None if mesh.vertex_colors is None else mesh.vertex_colors[source]
    faces = inverse.reshape(-1, 3)
    split = replace(mesh, vertices=mesh.vertices[source], faces=faces, vertex_colors=colors)
    return split, unique[:, 1:]


def split_seams(mesh: MeshArrays, corner_uvs: np.ndarray) -> MeshArrays:
    """The mesh with one texture coordinate for each vertex, from one for each corner (F, 3, 2) of a face."""
    split, uvs = split_corners(mesh, corner_uvs)
    return replace(split, uvs=uvs)


def subset(mesh: MeshArrays, chosen: np.ndarray) -> MeshArrays:
    """The faces that are chosen, (F,) bool, and their vertices."""
    used, faces = np.unique(mesh.faces[chosen], return_inverse=True)
    colors, uvs = (None if rows is None else rows[used] for rows in (mesh.vertex_colors, mesh.uvs))
    return replace(
        mesh, vertices=mesh.vertices[used], faces=faces.reshape(-1, 3), vertex_colors=colors, uvs=uvs
    )


def to_mesh(arrays: MeshArrays, path: Path | str) -> Mesh:
    """Check the arrays and make the mesh.

    Raises:
        InputError: as `check_arrays` does, and coordinates that are too large to draw.
    """
    check_arrays(arrays, path)
    most = float(np.abs(arrays.vertices).max())
    if most > MOST_COORDINATE:
        expected = f"at most {MOST_COORDINATE:g}"
        raise InputError(path, f"a coordinate of {most:.3g}", expected, "repair or export the mesh again")
    return Mesh(
        vertices=torch.from_numpy(np.ascontiguousarray(arrays.vertices, dtype=np.float32)),
        faces=torch.from_numpy(np.ascontiguousarray(arrays.faces, dtype=np.int64)),
        vertex_colors=_float_tensor(arrays.vertex_colors),
        uvs=_float_tensor(arrays.uvs),
        texture=None if arrays.texture is None else torch.from_numpy(np.ascontiguousarray(arrays.texture)),
    )


def from_mesh(mesh: Mesh) -> MeshArrays:
    """The arrays of a mesh."""
    vertices, faces = (tensor.detach().cpu().numpy() for tensor in (mesh.vertices, mesh.faces))
    paint = (mesh.vertex_colors, mesh.uvs, mesh.texture)
    return MeshArrays(
        vertices, faces, *(None if tensor is None else tensor.detach().cpu().numpy() for tensor in paint)
    )


def check_arrays(arrays: MeshArrays, path: Path | str) -> None:
    """Check what every format must give.

    Raises:
        InputError: no vertices or faces, numbers that are not finite, or faces that point past the vertices.
    """
    vertex_count = len(arrays.vertices)
    if vertex_count == 0 or len(arrays.faces) == 0:
        found = f"{vertex_count} vertices and {len(arrays.faces)} faces"
        raise InputError(
            path, found, "a surface of triangles", "export a mesh, not a point cloud or an empty scene"
        )
    for name in ("vertices", "uvs", "vertex_colors"):
        values = getattr(arrays, name)
        # A number may be finite as the file stores it and too large for the single precision of a mesh.
        is_usable = np.ones(1, dtype=bool) if values is None else np.abs(values) <= np.finfo(np.float32).max
        if not is_usable.all():
            row = int(np.argmin(is_usable.all(axis=1)))
            raise InputError(
                path,
                f"{name} row {row} is {values[row]}",
                "finite numbers",
                "repair or export the mesh again",
            )
    wrong = ((arrays.faces < 0) | (arrays.faces >= vertex_count)).any(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            path,
            f"face {row} with vertices {arrays.faces[row].tolist()}",
            f"indices 0 to {vertex_count - 1}",
            "the file is malformed or cut off: export or fetch it again",
        )


def _float_tensor(values: np.ndarray | None) -> torch.Tensor | None:
    return None if values is None else torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
