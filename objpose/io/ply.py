"""PLY meshes in and out: textured (per vertex or per face corner), vertex-coloured or plain.

Read with our own reader, not with trimesh: trimesh 5 accepts cut-off text files, cannot read triangles and
quads mixed in binary, and goes on without a texture that it cannot find.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.io.atomic import atomic_path
from objpose.io.images import read_image, write_image
from objpose.io.mesh_arrays import MeshArrays, check_arrays, corner_triangles, split_seams
from objpose.io.ply_body import read_body
from objpose.io.ply_columns import PlyColumns, PlyList
from objpose.io.ply_header import PlyHeader, parse_header

INDEX_NAMES = ("vertex_indices", "vertex_index")
UV_NAMES = (("texture_u", "texture_v"), ("u", "v"), ("s", "t"))


def read_ply(path: Path, content: bytes, colors: bool = True) -> MeshArrays:
    """Decode a PLY mesh; polygons become triangle fans, the texture is read from beside the file.

    Without `colors`, neither colours nor the texture are read.

    Raises:
        InputError: malformed or cut-off file, no faces, or a texture that is missing.
    """
    header = parse_header(content, path)
    body = read_body(content, header, path)
    vertex, face = _element(body, "vertex", path), _element(body, "face", path)
    polygons = _face_lists(face, path)
    corners = corner_triangles(polygons.counts)
    mesh = MeshArrays(
        vertices=np.stack([_scalar(vertex, name, path) for name in "xyz"], axis=1).astype(np.float64),
        faces=polygons.values[corners].astype(np.int64),
        vertex_colors=_vertex_colors(vertex) if colors else None,
    )
    if not colors:
        return mesh
    return _with_texture(mesh, header, vertex, face, polygons, corners, path)


def write_ply(path: Path, mesh: MeshArrays) -> None:
    """Write a binary PLY; a texture goes beside it as `<stem>.png`, written first."""
    texture_line = ""
    if mesh.texture is not None:
        write_image(path.with_suffix(".png"), mesh.texture)
        texture_line = f"comment TextureFile {path.stem}.png\n"
    columns = _vertex_columns(mesh)
    vertices = np.empty(len(mesh.vertices), dtype=[(name, values.dtype) for name, values in columns.items()])
    for name, values in columns.items():
        vertices[name] = values
    faces = np.empty(len(mesh.faces), dtype=[("count", "u1"), ("indices", "<i4", (3,))])
    faces["count"], faces["indices"] = 3, mesh.faces
    ply_types = {"f": "float", "u": "uchar"}
    properties = "".join(f"property {ply_types[v.dtype.kind]} {name}\n" for name, v in columns.items())
    header = (
        f"ply\nformat binary_little_endian 1.0\n{texture_line}element vertex {len(vertices)}\n{properties}"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    with atomic_path(path) as temporary:
        temporary.write_bytes(header.encode() + vertices.tobytes() + faces.tobytes())


def _vertex_columns(mesh: MeshArrays) -> dict[str, np.ndarray]:
    columns = {name: mesh.vertices[:, i].astype("<f4") for i, name in enumerate("xyz")}
    if mesh.vertex_colors is not None:
        stored = np.round(mesh.vertex_colors * 255).clip(0, 255).astype("u1")
        columns |= {name: stored[:, i] for i, name in enumerate(("red", "green", "blue"))}
    if mesh.uvs is not None and mesh.texture is not None:
        columns |= {name: mesh.uvs[:, i].astype("<f4") for i, name in enumerate(UV_NAMES[0])}
    return columns


def _element(body: dict[str, PlyColumns], name: str, path: Path) -> PlyColumns:
    if name not in body:
        raise InputError(
            path, f"elements {', '.join(body) or 'none'}", f"an element {name!r}", "export a mesh with faces"
        )
    return body[name]


def _scalar(columns: PlyColumns, name: str, path: Path) -> np.ndarray:
    values = columns.get(name)
    if not isinstance(values, np.ndarray):
        raise InputError(
            path, f"vertex properties {', '.join(columns)}", f"a number {name!r}", "export the mesh again"
        )
    return values


def _face_lists(face: PlyColumns, path: Path) -> PlyList:
    polygons = next((face[name] for name in INDEX_NAMES if isinstance(face.get(name), PlyList)), None)
    if polygons is None:
        raise InputError(
            path,
            f"face properties {', '.join(face) or 'none'}",
            "a list vertex_indices",
            "export the mesh again",
        )
    if len(polygons.counts) and polygons.counts.min() < 3:
        row = int(np.argmin(polygons.counts))
        raise InputError(
            path,
            f"face {row} with {polygons.counts[row]} vertices",
            "3 or more",
            "remove the degenerate faces",
        )
    return polygons


def _vertex_colors(vertex: PlyColumns) -> np.ndarray | None:
    channels = [vertex.get(name) for name in ("red", "green", "blue")]
    if not all(isinstance(channel, np.ndarray) for channel in channels):
        return None
    colors = np.stack(channels, axis=1)
    white = np.iinfo(colors.dtype).max if colors.dtype.kind in "iu" else 1.0
    return colors.astype(np.float64) / white


def _with_texture(
    mesh: MeshArrays,
    header: PlyHeader,
    vertex: PlyColumns,
    face: PlyColumns,
    polygons: PlyList,
    corners: np.ndarray,
    path: Path,
) -> MeshArrays:
    """Add the texture and its coordinates, where the file names one and has coordinates for it."""
    per_vertex = next(((u, v) for u, v in UV_NAMES if u in vertex and v in vertex), None)
    per_corner = face.get("texcoord")
    if not header.texture_files or (per_vertex is None and not isinstance(per_corner, PlyList)):
        return mesh
    texture = _read_texture(header, path)
    if not isinstance(per_corner, PlyList):
        uvs = np.stack([vertex[name] for name in per_vertex], axis=1).astype(np.float64)
        return replace(mesh, uvs=uvs, texture=texture)
    if not np.array_equal(per_corner.counts, 2 * polygons.counts):
        row = int(np.argmax(per_corner.counts != 2 * polygons.counts))
        found, expected = per_corner.counts[row], 2 * polygons.counts[row]
        raise InputError(path, f"face {row} with {found} texcoord numbers", expected, "export the mesh again")
    check_arrays(mesh, path)
    corner_uvs = per_corner.values.astype(np.float64).reshape(-1, 2)[corners]
    return replace(split_seams(mesh, corner_uvs), texture=texture)


def _read_texture(header: PlyHeader, path: Path) -> np.ndarray:
    if len(header.texture_files) > 1:
        names = ", ".join(header.texture_files)
        raise InputError(path, f"textures {names}", "one texture", "bake them into one, or use GLB")
    texture_path = path.parent / header.texture_files[0]
    if not texture_path.is_file():
        raise InputError(
            path,
            f"TextureFile {header.texture_files[0]}, which is missing",
            "the texture beside the mesh",
            f"put it at {texture_path}, or remove the TextureFile line for a mesh without colour",
        )
    return read_image(texture_path, upright=False)
