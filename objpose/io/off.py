"""OFF meshes: plain, with a colour for each vertex (COFF) or for each face.

Read with our own reader: trimesh 5 drops the colours and accepts files that are cut off.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.mesh_arrays import MeshArrays, check_arrays, corner_triangles, split_corners
from objpose.io.mesh_colors import FLOAT_WHITES, INTEGER_WHITES, unit_colors

CURE = "the file is malformed or cut off: export or fetch it again"
HEADER = re.compile(rb"\s*(ST)?(C)?(N)?OFF\b(?!\s*BINARY)")


def read_off(path: Path, content: bytes, colors: bool = True) -> MeshArrays:
    """Read an OFF mesh; polygons become triangle fans.

    Raises:
        InputError: malformed or cut-off file, or no faces.
    """
    content = re.sub(rb"#[^\r\n]*", b"", content)
    header = HEADER.match(content)
    if header is None:
        raise InputError(path, f"a file that starts {content[:12]!r}", "a text OFF file", "export it as PLY")
    lines = [line for line in content[header.end() :].splitlines() if line.strip()]
    vertex_count, face_count = _counts(lines, path)
    if len(lines) != 1 + vertex_count + face_count:
        found = f"{max(len(lines) - 1, 0)} rows"
        raise InputError(path, found, f"the declared {vertex_count} vertices and {face_count} faces", CURE)
    rows = [_numbers(line, path) for line in lines[1 : 1 + vertex_count]]
    faces = [_numbers(line, path) for line in lines[1 + vertex_count :]]
    _check_rows(rows, faces, path)
    counts = np.array([int(face[0]) for face in faces], dtype=np.int64)
    flat = _indices([index for face in faces for index in face[1 : 1 + int(face[0])]], path)
    corners = corner_triangles(counts) if len(counts) else np.zeros((0, 3), dtype=np.int64)
    mesh = MeshArrays(np.array([row[:3] for row in rows]).reshape(-1, 3), flat[corners])
    check_arrays(mesh, path)
    if not colors:
        return mesh
    if header[2]:
        skipped = 6 if header[3] else 3
        return replace(
            mesh, vertex_colors=_colors([row[skipped : skipped + 3] for row in rows], lines[1], path)
        )
    return _with_face_colors(mesh, faces, counts, lines[1 + vertex_count :], path)


def _counts(lines: list[bytes], path: Path) -> tuple[int, int]:
    numbers = _numbers(lines[0], path) if lines else []
    if len(numbers) < 2 or min(numbers[:2]) < 0 or numbers[0] % 1 or numbers[1] % 1:
        raise InputError(path, f"{numbers} after OFF", "the numbers of vertices and faces", CURE)
    return int(numbers[0]), int(numbers[1])


def _numbers(line: bytes, path: Path) -> list[float]:
    try:
        return [float(word) for word in line.split()]
    except ValueError as error:
        raise InputError(path, error, "numbers", CURE) from error


def _check_rows(rows: list[list[float]], faces: list[list[float]], path: Path) -> None:
    for kind, short in (
        ("vertex", (i for i, row in enumerate(rows) if len(row) < 3)),
        ("face", (i for i, face in enumerate(faces) if not 3 <= face[0] < len(face))),
    ):
        row = next(short, None)
        if row is not None:
            raise InputError(path, f"{kind} row {row} with too few numbers", "3 or more", CURE)


def _indices(values: list[float], path: Path) -> np.ndarray:
    numbers = np.array(values, dtype=np.float64)
    if not (numbers % 1 == 0).all():
        raise InputError(path, "faces with indices that are no whole numbers", "indices", CURE)
    return numbers.clip(-1, np.iinfo(np.int32).max).astype(np.int64)


def _with_face_colors(
    mesh: MeshArrays, faces: list[list[float]], counts: np.ndarray, lines: list[bytes], path: Path
) -> MeshArrays:
    colors = [face[1 + int(face[0]) :] for face in faces]
    if not any(colors):
        return mesh
    if min(len(color) for color in colors) < 3:
        found = "faces with indices of a colour map, or some without colour"
        warn_input(path, found, "three numbers for each face", "the mesh is used without colour")
        return mesh
    of_faces = _colors([color[:3] for color in colors], lines[0], path)
    if of_faces is None:
        return mesh
    of_triangles = np.repeat(of_faces, counts - 2, axis=0)
    split, of_vertices = split_corners(mesh, np.repeat(of_triangles[:, None], 3, axis=1))
    return replace(split, vertex_colors=of_vertices)


def _colors(rows: list[list[float]], line: bytes, path: Path) -> np.ndarray | None:
    """Integers are of 255, numbers with a point of 1: both are in use."""
    if any(len(row) < 3 for row in rows):
        warn_input(
            path, "vertices without colour", "three numbers for each", "the mesh is used without colour"
        )
        return None
    values = np.array(rows)
    is_float = b"." in line.split()[-1] or bool((values % 1).any())
    return unit_colors(values, path, FLOAT_WHITES if is_float else INTEGER_WHITES)
