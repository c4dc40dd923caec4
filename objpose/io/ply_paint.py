"""What a PLY mesh is painted with: textures by vertex or by corner, colours by vertex or by face."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.beside import find_beside
from objpose.io.mesh_arrays import MeshArrays, check_arrays, split_corners, split_seams, subset
from objpose.io.mesh_colors import FLOAT_WHITES, INTEGER_WHITES, unit_colors
from objpose.io.mesh_parts import join_parts
from objpose.io.ply_columns import PlyColumns, PlyList
from objpose.io.ply_header import PlyHeader
from objpose.io.textures import read_texture

UV_NAMES = (("texture_u", "texture_v"), ("u", "v"), ("s", "t"))
COLOR_NAMES = (
    ("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"),
    ("R", "G", "B"), ("Red", "Green", "Blue"), ("ambient_red", "ambient_green", "ambient_blue"),
)  # fmt: skip
OTHER_COLORS = ("f_dc_0", "intensity", "rgb", "rgba", "grey", "gray")  # which are not read
NO_TEXTURE = "the mesh is used without its texture"


@dataclass(frozen=True)
class PlyRows:
    """The file as read; `corners` (T, 3) are its triangles, by index into the corners of all polygons."""

    header: PlyHeader
    vertex: PlyColumns
    face: PlyColumns
    counts: np.ndarray  # (F,) corners of each polygon
    corners: np.ndarray

    @property
    def face_of_triangle(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.counts)), self.counts - 2)


def painted(mesh: MeshArrays, rows: PlyRows, path: Path) -> MeshArrays:
    """The mesh with its texture, else its colours; what the file promises and lacks is warned of.

    Raises:
        InputError: arrays that are no mesh, or texture coordinates that do not match the faces.
    """
    check_arrays(mesh, path)
    textured = _textured(mesh, rows, path)
    return _colored(mesh, rows, path) if textured is None else textured


def _colored(mesh: MeshArrays, rows: PlyRows, path: Path) -> MeshArrays:
    of_vertices, of_faces = _colors(rows.vertex, path), _colors(rows.face, path)
    # Some exporters fill the colours of vertices with one value and paint the faces.
    if of_faces is None or (of_vertices is not None and (np.ptp(of_vertices, axis=0) > 0).any()):
        return replace(mesh, vertex_colors=of_vertices)
    if not (np.ptp(of_faces, axis=0) > 0).any() and of_vertices is not None:
        return replace(mesh, vertex_colors=of_vertices)
    of_corners = np.repeat(of_faces[rows.face_of_triangle][:, None], 3, axis=1)
    split, colors = split_corners(mesh, of_corners)
    return replace(split, vertex_colors=colors)


def _numbers(columns: PlyColumns, names: Sequence[str]) -> list[np.ndarray] | None:
    """The columns of these names, or None where one is missing or holds lists."""
    found = [column for name in names if isinstance(column := columns.get(name), np.ndarray)]
    return found if len(found) == len(names) else None


def _colors(columns: PlyColumns, path: Path) -> np.ndarray | None:
    for names in COLOR_NAMES:
        channels = _numbers(columns, names)
        if channels is not None and len(channels[0]):
            colors = np.stack(channels, axis=1)
            return unit_colors(colors, path, FLOAT_WHITES if colors.dtype.kind == "f" else INTEGER_WHITES)
    other = next((name for name in OTHER_COLORS if name in columns), None)
    if other is not None:
        cure = "export the colours as red, green, blue; the mesh is used without them"
        warn_input(path, f"colours as {other}", "red, green and blue", cure)
    return None


def _textured(mesh: MeshArrays, rows: PlyRows, path: Path) -> MeshArrays | None:
    """The mesh with its texture, or None where it has none."""
    names = rows.header.texture_files
    uvs = _corner_uvs(mesh, rows, path)
    if uvs is None or not names:
        if names or (uvs is not None and _colors(rows.vertex, path) is None):
            found = (
                f"TextureFile {names[0]} without coordinates" if names else "coordinates without TextureFile"
            )
            warn_input(path, found, "a texture and its coordinates", NO_TEXTURE)
        return None
    pictures = [_read_texture(name, path) for name in names]
    if any(picture is None for picture in pictures):
        return None
    if len(names) == 1:
        return replace(_with_uvs(mesh, uvs), texture=pictures[0])
    numbers = rows.face.get("texnumber")
    if not isinstance(numbers, np.ndarray) or ((numbers < 0) | (numbers >= len(names))).any():
        found, cure = f"textures {', '.join(names)} and no texnumber", "bake them into one, or use GLB"
        raise InputError(path, found, "one texture, or which of them each face has", cure)
    used = numbers[rows.face_of_triangle]
    parts = [
        replace(_with_uvs(subset(mesh, used == i), uvs[used == i]), texture=pictures[int(i)])
        for i in np.unique(used)
    ]
    return join_parts(parts, path)


def _with_uvs(mesh: MeshArrays, corner_uvs: np.ndarray) -> MeshArrays:
    by_vertex = np.zeros((len(mesh.vertices), 2))
    by_vertex[mesh.faces] = corner_uvs
    # A mesh without seams keeps its vertices as they are.
    if np.array_equal(by_vertex[mesh.faces], corner_uvs):
        return replace(mesh, uvs=by_vertex)
    return split_seams(mesh, corner_uvs)


def _corner_uvs(mesh: MeshArrays, rows: PlyRows, path: Path) -> np.ndarray | None:
    """(T, 3, 2) of the corners of the triangles, or None."""
    per_corner = rows.face.get("texcoord")
    if isinstance(per_corner, PlyList) and len(per_corner.values):
        if not np.array_equal(per_corner.counts, 2 * rows.counts):
            row = int(np.argmax(per_corner.counts != 2 * rows.counts))
            found, expected = per_corner.counts[row], 2 * rows.counts[row]
            raise InputError(
                path, f"face {row} with {found} texcoord numbers", expected, "export the mesh again"
            )
        return per_corner.values.astype(np.float64).reshape(-1, 2)[rows.corners]
    for names in UV_NAMES:
        columns = _numbers(rows.vertex, names)
        if columns is not None:
            return np.stack(columns, axis=1).astype(np.float64)[mesh.faces]
    return None


def _read_texture(name: str, path: Path) -> np.ndarray | None:
    file = find_beside(path, name)
    if file is None:
        cure = f"put it at {path.parent / name}; {NO_TEXTURE}"
        warn_input(path, f"TextureFile {name}, which is missing", "the texture beside the mesh", cure)
        return None
    try:
        return read_texture(file)
    except InputError as error:
        warn_input(error.subject, error.found, error.expected, f"{error.cure}; {NO_TEXTURE}")
        return None
