"""The rows of a PLY file, checked against the counts that its header declares."""

from pathlib import Path

from objpose.io.ply_ascii import AsciiRows
from objpose.io.ply_binary import BinaryRows
from objpose.io.ply_columns import PlyColumns
from objpose.io.ply_header import PlyHeader


def read_body(content: bytes, header: PlyHeader, path: Path) -> dict[str, PlyColumns]:
    """Columns of every element: `{element: {property: array or PlyList}}`.

    Raises:
        InputError: fewer or more rows than declared, a row that breaks off, or text that is no number.
    """
    reader = (AsciiRows if header.is_ascii else BinaryRows)(content, header, path)
    columns = {element.name: reader.read(element) for element in header.elements}
    reader.finish()
    return columns
