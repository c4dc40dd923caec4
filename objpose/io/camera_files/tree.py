"""Any camera file as plain values: JSON, YAML, XML, a text of nine numbers, or arrays of numpy."""

from __future__ import annotations

import re
from pathlib import Path

from objpose.errors import InputError
from objpose.io.camera_files.array_tree import parse_arrays
from objpose.io.camera_files.xml_tree import parse_xml
from objpose.io.camera_files.yaml_tree import parse_yaml
from objpose.io.json_file import JsonValue, describe_failure, parse_json, read_text

# Calibrations with all their corners in them have some 100 KB.
MOST_BYTES = 2**20
MOST_OF_A_MATRIX = 10_000  # characters, with all its comments
ARRAYS = (".npy", ".npz")
KINDS = "JSON, YAML or XML of a camera, or K as text"


def read_tree(path: Path) -> JsonValue:
    """The content of a file. K alone, as a matrix, is a list of three rows.

    Raises:
        InputError: a file that is missing, too large, or of no kind that is read.
    """
    if path.suffix.lower() in ARRAYS:
        return JsonValue(parse_arrays(path), path)
    text = _text(path)
    start = text.lstrip()[:1]
    if path.suffix.lower() == ".json" or start in ("{", "["):
        return parse_json(text, path)
    if len(text) > MOST_BYTES:
        raise InputError(path, f"{len(text)} characters", "a camera file of at most 1 MB", "check the name")
    if start == "<":
        return JsonValue(parse_xml(text, path), path)
    matrix = _matrix(text) if len(text) < MOST_OF_A_MATRIX else None
    if matrix is not None:
        return JsonValue(matrix, path)
    return JsonValue(_only(parse_yaml(text, path), path), path)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(path, describe_failure(path, error), KINDS, "check the name") from error
    if path.suffix.lower() != ".json" and size > 4 * MOST_BYTES:
        raise InputError(path, f"{size} bytes", "a camera file of at most 1 MB", "check the name")
    return read_text(path, KINDS)


def _matrix(text: str) -> list[list[float]] | None:
    """Rows of numbers, parted by blanks, commas or semicolons; `#` begins a comment. None for other texts."""
    lines = [re.sub(r"#.*", "", line) for line in re.split(r"[\n;]", text)]
    try:
        return [
            [float(word) for word in re.split(r"[\s,]+", line.strip(" \t\r,"))]
            for line in lines
            if line.strip()
        ] or None
    except ValueError:
        return None


def _only(documents: list[object], path: Path) -> object:
    """One document as itself; several, as `rostopic echo` prints them, as members by number."""
    if not documents:
        raise InputError(path, "nothing", KINDS, "make or fetch the file again")
    return (
        documents[0] if len(documents) == 1 else {f"message {i + 1}": one for i, one in enumerate(documents)}
    )
