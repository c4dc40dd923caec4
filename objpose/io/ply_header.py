"""The header of a PLY file."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from objpose.errors import InputError

PLY_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
BYTE_ORDERS = {"ascii": "=", "binary_little_endian": "<", "binary_big_endian": ">"}
CURE = "the file is malformed or cut off: export or fetch it again"


@dataclass(frozen=True)
class PlyProperty:
    """One property: a scalar, or (with `count_type`) a list whose length stands before it."""

    name: str
    value_type: np.dtype
    count_type: np.dtype | None = None


@dataclass
class PlyElement:
    """One kind of rows: its name, the declared number of rows and the properties of a row."""

    name: str
    count: int
    properties: list[PlyProperty] = field(default_factory=list)

    @property
    def has_lists(self) -> bool:
        return any(prop.count_type is not None for prop in self.properties)


@dataclass(frozen=True)
class PlyHeader:
    """What the header declares; `body_start` is the offset of the first byte after it."""

    is_ascii: bool
    elements: list[PlyElement]
    texture_files: list[str]
    body_start: int


def parse_header(content: bytes, path: Path) -> PlyHeader:
    """Parse the header of a PLY file.

    Raises:
        InputError: not a PLY file, no `end_header`, or a line that no PLY header has.
    """
    lines, body_start = _header_lines(content, path)
    byte_order, elements, texture_files = None, [], []
    for number, line in enumerate(lines[1:], start=2):
        words = line.split()
        where = f"{path}: line {number}"
        match words:
            case ["format", name, "1.0"] if name in BYTE_ORDERS and byte_order is None:
                byte_order = BYTE_ORDERS[name]
            case ["comment", keyword, _, *_] if keyword.lower() == "texturefile":
                texture_files.append(line[line.lower().index("texturefile") + len("texturefile") :].strip())
            case ["comment" | "obj_info", *_] | []:
                pass
            case ["element", name, count] if count.isdecimal():
                elements.append(PlyElement(name, int(count)))
            case ["property", *spec] if elements and byte_order:
                elements[-1].properties.append(_parse_property(spec, byte_order, where))
            case _:
                raise InputError(where, repr(line[:60]), "a PLY header line", CURE)
    if byte_order is None:
        raise InputError(path, "no format line", f"format {' or '.join(BYTE_ORDERS)} 1.0", CURE)
    return PlyHeader(byte_order == "=", elements, texture_files, body_start)


def _header_lines(content: bytes, path: Path) -> tuple[list[str], int]:
    if not content.startswith((b"ply\n", b"ply\r")):
        found = f"a file that starts with {content[:12]!r}" if content else "an empty file"
        raise InputError(path, found, "a PLY file, which starts with the line `ply`", CURE)
    lines, start = [], 0
    while True:
        end = content.find(b"\n", start)
        if end < 0:
            raise InputError(path, f"no end_header in {len(content)} bytes", "a complete PLY header", CURE)
        lines.append(content[start:end].decode("latin-1").strip())
        start = end + 1
        if lines[-1] == "end_header":
            return lines[:-1], start


def _parse_property(spec: list[str], byte_order: str, where: str) -> PlyProperty:
    match spec:
        case [kind, name] if kind in PLY_TYPES:
            return PlyProperty(name, np.dtype(byte_order + PLY_TYPES[kind]))
        case ["list", count_kind, kind, name] if count_kind in PLY_TYPES and kind in PLY_TYPES:
            count_type = np.dtype(byte_order + PLY_TYPES[count_kind])
            if count_type.kind in "iu":
                return PlyProperty(name, np.dtype(byte_order + PLY_TYPES[kind]), count_type)
    raise InputError(
        where, f"property {' '.join(spec)[:60]}", "`property TYPE NAME` or a list property", CURE
    )
