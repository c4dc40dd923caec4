"""The lines of an OBJ file: vertices, texture coordinates, faces and what they are painted with.

Read with our own reader, not with trimesh: trimesh 5 skips lines that it cannot read, counts relative indices
from the end of the file, knows one mtllib and drops what it cannot find without a word.
"""

import io
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input

CURE = "the file is malformed or cut off: export or fetch it again"
LEAST_NUMBERS = {"v": 3, "vt": 2, "f": 3}


@dataclass
class ObjText:
    """What the lines say; indices are 0-based and checked."""

    vertices: np.ndarray  # (V, 3)
    colors: np.ndarray  # (V, 3) as written, NaN where a vertex has none
    uvs: np.ndarray  # (U, 2)
    counts: np.ndarray  # (F,) corners of each face
    corner_vertices: np.ndarray  # (C,)
    corner_uvs: np.ndarray  # (C,) -1 where a corner has none
    face_materials: np.ndarray  # (F,) index into materials
    materials: list[str]  # as usemtl names them; "" before the first
    libraries: list[str]  # what follows mtllib, as written


def parse_obj(content: bytes, path: Path) -> ObjText:
    """Read the lines; groups, normals, lines and points are passed over.

    Raises:
        InputError: names the line that holds too few numbers, no numbers, or an index of nothing.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(path, "text in UTF-16", "an OBJ file in UTF-8", "save it as UTF-8")
    content = content.removeprefix(b"\xef\xbb\xbf")
    content = content if b"\n" in content else content.replace(b"\r", b"\n")
    reader = _Reader(path)
    continued = b""
    for number, line in enumerate(io.BytesIO(content), start=1):
        line = continued + line.strip()
        if line.endswith(b"\\"):
            continued = line[:-1] + b" "
            continue
        continued = b""
        reader.read(number, line)
    return reader.finish()


@dataclass
class _Reader:
    path: Path
    vertices: array = field(default_factory=lambda: array("d"))
    colors: array = field(default_factory=lambda: array("f"))
    uvs: array = field(default_factory=lambda: array("d"))
    counts: array = field(default_factory=lambda: array("i"))
    corner_vertices: array = field(default_factory=lambda: array("i"))
    corner_uvs: array = field(default_factory=lambda: array("i"))
    face_materials: array = field(default_factory=lambda: array("i"))
    face_lines: array = field(default_factory=lambda: array("i"))
    materials: dict[str, int] = field(default_factory=lambda: {"": 0})
    libraries: list[str] = field(default_factory=list)
    material: int = 0
    has_polypaint: bool = False

    def read(self, number: int, line: bytes) -> None:
        keyword, _, rest = (line.replace(b"\t", b" ") if b"\t" in line else line).partition(b" ")
        if keyword == b"v":
            values = self._floats(number, "v", rest)
            self.vertices.extend(values[:3])
            self.colors.extend(values[3:6] if len(values) >= 6 else [np.nan] * 3)
        elif keyword == b"vt":
            self.uvs.extend(self._floats(number, "vt", rest)[:2])
        elif keyword == b"f":
            self._face(number, rest)
        elif keyword == b"usemtl":
            name = " ".join(rest.decode("utf-8", "replace").split())
            self.material = self.materials.setdefault(name, len(self.materials))
        elif keyword == b"mtllib":
            self.libraries.append(rest.decode("utf-8", "replace").strip())
        elif keyword == b"#MRGB" and not self.has_polypaint:
            self.has_polypaint = True
            cure = "export the colours of vertices as x y z r g b, or as PLY"
            warn_input(self.path, "ZBrush polypaint (#MRGB)", "colours that are read", cure)

    def finish(self) -> ObjText:
        vertices, uvs = _as_numpy(self.vertices).reshape(-1, 3), _as_numpy(self.uvs).reshape(-1, 2)
        text = ObjText(
            vertices,
            _as_numpy(self.colors).reshape(-1, 3),
            uvs,
            _as_numpy(self.counts),
            _as_numpy(self.corner_vertices),
            _as_numpy(self.corner_uvs),
            _as_numpy(self.face_materials),
            list(self.materials),
            self.libraries,
        )
        self._check(text.corner_vertices, len(vertices), "vertices")
        self._check(text.corner_uvs, len(uvs), "texture coordinates")
        return text

    def _floats(self, number: int, kind: str, rest: bytes) -> list[float]:
        try:
            values = [float(word) for word in rest.split(b"#")[0].split()]
        except ValueError as error:
            raise self._error(number, error, "numbers") from error
        if len(values) < LEAST_NUMBERS[kind]:
            raise self._error(
                number, f"{len(values)} values after `{kind}`", f"{LEAST_NUMBERS[kind]} or more"
            )
        return values

    def _face(self, number: int, rest: bytes) -> None:
        corners = [word.split(b"/") for word in rest.split(b"#")[0].split()]
        if len(corners) < LEAST_NUMBERS["f"]:
            raise self._error(number, f"{len(corners)} values after `f`", f"{LEAST_NUMBERS['f']} or more")
        try:
            vertices = [int(corner[0]) for corner in corners]
            self.corner_vertices.extend(_indices(vertices, len(self.vertices) // 3))
            if all(len(corner) > 1 and corner[1] for corner in corners):
                uvs = [int(corner[1]) for corner in corners]
                self.corner_uvs.extend(_indices(uvs, len(self.uvs) // 2))
            else:
                self.corner_uvs.extend([-1] * len(corners))  # a texture needs them all
        except (ValueError, OverflowError) as error:
            raise self._error(number, error, "indices of vertices that exist") from error
        self.counts.append(len(corners))
        self.face_materials.append(self.material)
        self.face_lines.append(number)

    def _check(self, indices: np.ndarray, count: int, kind: str) -> None:
        wrong = indices >= count
        if wrong.any():
            corner = int(np.argmax(wrong))
            face = int(np.searchsorted(np.cumsum(self.counts), corner, side="right"))
            found = f"index {indices[corner] + 1}"
            raise self._error(self.face_lines[face], found, f"one of {count} {kind}")

    def _error(self, number: int, found: object, expected: str) -> InputError:
        return InputError(f"{self.path}: line {number}", found, expected, CURE)


def _as_numpy(values: array) -> np.ndarray:
    """The same memory."""
    return np.frombuffer(values, dtype=values.typecode) if values else np.zeros(0, dtype=values.typecode)


def _indices(written: list[int], so_far: int) -> list[int]:
    """0-based: written from 1, or backwards from the last one so far."""
    if min(written) > 0:
        return [number - 1 for number in written]
    indices = [number - 1 if number > 0 else so_far + number for number in written]
    if 0 in written or min(indices) < 0:
        raise ValueError(f"index {min(written)} with {so_far} before it")
    return indices
