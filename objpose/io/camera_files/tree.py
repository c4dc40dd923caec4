"""Any camera file as plain values: JSON, YAML, XML, INI, a text of nine numbers, or arrays of numpy."""

from __future__ import annotations

import re
from pathlib import Path

from objpose.errors import InputError
from objpose.io.camera_files.array_tree import parse_arrays
from objpose.io.camera_files.ini_tree import is_ini, parse_ini
from objpose.io.camera_files.xml_tree import parse_xml
from objpose.io.camera_files.yaml_tree import parse_yaml
from objpose.io.json_file import JsonValue, describe_failure, parse_json, read_text

# Calibrations with all their corners in them have some 100 KB.
MOST_BYTES = 2**20
MOST_OF_A_MATRIX = 10_000  # characters, with all its comments
ARRAYS = (".npy", ".npz")
KINDS = "JSON, YAML, XML or INI of a camera, or K as text"
LFS = "version https://git-lfs"


def read_tree(path: Path) -> JsonValue:
    """The content of a file. K alone, as a matrix, is a list of three rows.

    Raises:
        InputError: a file that is missing, too large, or of no kind that is read.
    """
    if path.suffix.lower() in ARRAYS:
        return JsonValue(parse_arrays(path), path)
    text = _text(path)
    start = text.lstrip()[:1]
    _check_content(text, path)
    if start == "{" or (path.suffix.lower() == ".json" and start != "<"):
        return parse_json(text, path)
    matrix = _matrix(text) if len(text) < MOST_OF_A_MATRIX else None
    if matrix is not None:
        return JsonValue(matrix, path)
    if start == "[" and not is_ini(text):
        return parse_json(text, path)
    if len(text) > MOST_BYTES:
        raise InputError(path, f"{len(text)} characters", "a camera file of at most 1 MB", "check the name")
    return JsonValue(_parse(text, path), path)


def _parse(text: str, path: Path) -> object:
    if text.lstrip().startswith("<"):
        return parse_xml(text, path)
    return parse_ini(text, path) if is_ini(text) else _only(parse_yaml(text, path), path)


def _check_content(text: str, path: Path) -> None:
    if not text.strip():
        raise InputError(path, "an empty file", KINDS, "make or fetch the file again")
    if text.startswith(LFS):
        cure = "fetch the file: git lfs pull"
        raise InputError(path, "a Git LFS pointer in place of the file", KINDS, cure)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(path, describe_failure(path, error), KINDS, "check the name") from error
    if path.suffix.lower() != ".json" and size > 4 * MOST_BYTES:
        raise InputError(path, f"{size} bytes", "a camera file of at most 1 MB", "check the name")
    return read_text(path, KINDS)


def _matrix(text: str) -> list[list[float]] | None:
    """Rows of numbers, parted by blanks, commas, semicolons or brackets, as numpy and MATLAB print them too.

    A name and `=` or `:` may stand before them; `#` and `%` begin comments. None for other texts.
    """
    text = re.sub(r"[#%].*", "", text)
    text = re.sub(r"\A\s*(\w+\s*[=:]\s*)?(?:(?:np\.|numpy\.)?array\()?(?=\s*\[)", "", text)
    text = re.sub(r"\]\s*,?\s*(?=\[)", "\n", text.rstrip().removesuffix(")"))
    lines = re.split(r"[\n;]", re.sub(r"[\[\]]", " ", text))
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
