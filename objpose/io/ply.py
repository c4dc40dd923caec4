"""PLY meshes in and out: textured (per vertex or per face corner), coloured (per vertex or face) or plain.

Read with our own reader, not with trimesh: trimesh 5 accepts cut-off text files, cannot read triangles and
quads mixed in binary, and goes on without a texture that it cannot find.
"""

from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.io.atomic import atomic_path
from objpose.io.images import write_image
from objpose.io.mesh_arrays import MeshArrays, corner_triangles
from objpose.io.ply_body import read_body
from objpose.io.ply_columns import PlyColumns, PlyList
from objpose.io.ply_header import parse_header
from objpose.io.ply_paint import UV_NAMES, PlyRows, painted

INDEX_NAMES = ("vertex_indices", "vertex_index")


def read_ply(path: Path, content: bytes, colors: bool = True) -> MeshArrays:
    """Decode a PLY mesh; polygons become triangle fans, the texture is read from beside the file.

    Without `colors`, neither colours nor the texture are read.

    Raises:
        InputError: malformed or cut-off file, or one without faces: a point cloud, splats.
    """
    header = parse_header(content, path)
    body = read_body(content, header, path)
    _check_kind(body, path)
    vertex, face = _element(body, "vertex", path), _element(body, "face", path)
    polygons = _face_lists(face, path)
    corners = corner_triangles(polygons.counts)
    mesh = MeshArrays(
        vertices=np.stack([_scalar(vertex, name, path) for name in "xyz"], axis=1).astype(np.float64),
        faces=polygons.values[corners].astype(np.int64),
    )
    return painted(mesh, PlyRows(header, vertex, face, polygons.counts, corners), path) if colors else mesh


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


def _check_kind(body: dict[str, PlyColumns], path: Path) -> None:
    vertex = body.get("vertex", {})
    if "f_dc_0" in vertex and "opacity" in vertex:
        cure = "make a mesh of the splats, or onboard the views they were fitted to"
        raise InputError(path, "Gaussian splats, which have no surface", "a mesh with faces", cure)
    if "vertex" in body and "face" not in body and len(body) == 1:
        x = vertex.get("x")
        rows = len(x) if isinstance(x, np.ndarray) else 0
        cure = "mesh it first, e.g. by Poisson reconstruction in MeshLab or Open3D"
        raise InputError(path, f"a point cloud of {rows} points and no faces", "a mesh with faces", cure)


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
    columns = (face.get(name) for name in INDEX_NAMES)
    polygons = next((column for column in columns if isinstance(column, PlyList)), None)
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
