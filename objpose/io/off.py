"""OFF meshes: plain, with a colour for each vertex (COFF) or for each face.

Read with our own reader: trimesh 5 drops the colours and accepts files that are cut off.
"""

import io
import re
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.mesh_arrays import MeshArrays, check_arrays, corner_triangles, split_corners
from objpose.io.mesh_colors import unit_colors

CURE = "the file is malformed or cut off: export or fetch it again"
HEADER = re.compile(rb"\s*(ST)?(C)?(N)?OFF\b(?!\s*BINARY)")


def read_off(path: Path, content: bytes, colors: bool = True) -> MeshArrays:
    """Read an OFF mesh; polygons become triangle fans.

    Raises:
        InputError: malformed or cut-off file, or no faces.
    """
    header = HEADER.match(content)
    if header is None:
        raise InputError(path, f"a file that starts {content[:12]!r}", "a text OFF file", "export it as PLY")
    rows = _Rows(path, content, header.end())
    vertex_count, face_count = rows.counts()
    normals = 3 if header[3] else 0
    points, point_colors = array("d"), array("d")
    for numbers in rows.take(vertex_count, "vertex", 3):
        points.extend(numbers[:3])
        point_colors.extend(numbers[3 + normals : 6 + normals] if header[2] else ())
    counts, indices, face_colors = array("q"), array("d"), array("d")
    for numbers in rows.take(face_count, "face", 1):
        if not 3 <= numbers[0] < len(numbers):
            raise InputError(path, f"a face {numbers[:4]}", "3 corners or more, and as many indices", CURE)
        end = 1 + int(numbers[0])
        counts.append(end - 1)
        indices.extend(numbers[1:end])
        face_colors.extend(numbers[end : end + 3])
    rows.finish()
    corners = corner_triangles(np.array(counts, dtype=np.int64))
    mesh = MeshArrays(np.array(points).reshape(-1, 3), _indices(indices, path)[corners])
    check_arrays(mesh, path)
    if not colors:
        return mesh
    of_vertices = _colors(point_colors, vertex_count, path)
    if of_vertices is not None:
        return replace(mesh, vertex_colors=of_vertices)
    of_faces = _colors(face_colors, face_count, path)
    return (
        mesh
        if of_faces is None
        else _with_face_colors(mesh, np.repeat(of_faces, np.array(counts) - 2, axis=0))
    )


class _Rows:
    """The lines of numbers after the header, without comments."""

    def __init__(self, path: Path, content: bytes, start: int) -> None:
        self._path = path
        stripped = (line.split(b"#")[0].strip() for line in io.BytesIO(content[start:].replace(b"\r", b"\n")))
        self._lines = (line for line in stripped if line)

    def counts(self) -> tuple[int, int]:
        numbers = self._numbers(next(self._lines, b""))
        if len(numbers) < 2 or not all(number % 1 == 0 and number >= 0 for number in numbers[:2]):
            raise InputError(
                self._path, f"{numbers[:3]} after OFF", "the numbers of vertices and faces", CURE
            )
        return int(numbers[0]), int(numbers[1])

    def take(self, count: int, kind: str, least: int) -> Iterator[list[float]]:
        for row in range(count):
            line = next(self._lines, None)
            if line is None:
                raise InputError(self._path, f"{row} {kind} rows", f"the declared {count}", CURE)
            numbers = self._numbers(line)
            if len(numbers) < least:
                raise InputError(self._path, f"{kind} row {row} with {len(numbers)} numbers", "more", CURE)
            yield numbers

    def finish(self) -> None:
        left = next(self._lines, None)
        if left is not None:
            raise InputError(self._path, f"{left[:40]!r} after the last face", "the end of the file", CURE)

    def _numbers(self, line: bytes) -> list[float]:
        try:
            return [float(word) for word in line.split()]
        except ValueError as error:
            raise InputError(self._path, error, "numbers", CURE) from error


def _indices(values: array, path: Path) -> np.ndarray:
    numbers = np.array(values)
    if not (numbers % 1 == 0).all():
        raise InputError(path, "faces with indices that are no whole numbers", "indices", CURE)
    return numbers.clip(-1, np.iinfo(np.int32).max).astype(np.int64)


def _colors(values: array, count: int, path: Path) -> np.ndarray | None:
    if len(values) in (0, 3 * count):
        return unit_colors(np.array(values).reshape(-1, 3), path) if len(values) else None
    found = "indices of a colour map, or some without colour"
    warn_input(path, found, "three numbers for each colour", "the mesh is used without colour")
    return None


def _with_face_colors(mesh: MeshArrays, of_triangles: np.ndarray) -> MeshArrays:
    split, of_vertices = split_corners(mesh, np.repeat(of_triangles[:, None], 3, axis=1))
    return replace(split, vertex_colors=of_vertices)
