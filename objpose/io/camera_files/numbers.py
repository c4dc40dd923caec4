"""Numbers of camera files: lists, rows of lists, and OpenCV's and ROS's matrices as objects."""

from __future__ import annotations

import numpy as np

from objpose.errors import InputError
from objpose.io.json_file import JsonValue

MOST_NUMBERS = 100  # of any matrix or lens
MOST_MEMBERS = (
    10_000  # and lists, of a whole file: calibrations with all their corners in them have some 1000
)


def is_numeric(value: JsonValue) -> bool:
    """True for a list of numbers or rows, and for an object that holds `data`."""
    if isinstance(value.value, list):
        return not any(isinstance(item, dict) for item in value.value)
    return "data" in value


def read_numbers(value: JsonValue) -> list[float]:
    """A list of numbers, or a matrix of them row by row."""
    return [number for row in read_rows(value) for number in row]


def read_rows(value: JsonValue) -> list[list[float]]:
    """Rows of numbers, of `{rows, cols, data}`, of lists of lists; a flat list is one row."""
    if isinstance(value.value, dict):
        return _matrix(value)
    if isinstance(value.value, list) and len(value.value) > MOST_NUMBERS:
        value.numbers(9)  # names what is there
    items = value.items()
    if items and isinstance(items[0].value, list):
        return [item.numbers(len(item.items())) for item in items]
    return [value.numbers(len(items))]


def _matrix(value: JsonValue) -> list[list[float]]:
    unknown = {name for name, _ in value.members()} - {
        "rows",
        "cols",
        "data",
        "dt",
        "type_id",
        "layout",
        "nchannels",
        "data_offset",
    }
    if unknown:
        found = f"members {', '.join(sorted(unknown)[:4])}"
        expected = "a matrix of rows, cols and data"
        raise InputError(f"{value.file}: {value.key_path}", found, expected, "correct the file")
    data = value["data"]
    numbers = data.numbers(len(data.value) if isinstance(data.value, list) else 9)
    if "rows" not in value and "cols" not in value:
        return [numbers]
    rows, cols = value["rows"].integer(), value["cols"].integer()
    if rows * cols != len(numbers) or rows < 0:
        found, expected = f"{len(numbers)} numbers", f"{rows} x {cols}"
        raise InputError(f"{data.file}: {data.key_path}", found, expected, "correct the file")
    return np.reshape(numbers, (rows, cols)).tolist()


def read_K(value: JsonValue) -> np.ndarray:
    """(3, 3) from 3 rows of 3 or 9 numbers row by row; from 4x4 or 3x4 rows that add nothing to it."""
    rows = read_rows(value)
    if [len(row) for row in rows] in ([4, 4, 4], [4, 4, 4, 4]):
        rest = [row[3] for row in rows[:3]] + (rows[3] if len(rows) == 4 else [0.0, 0.0, 0.0, 1.0])
        if rest != [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]:
            found = "a projection with an offset"
            raise InputError(_place(value), found, "K alone", "give K as 3x3")
        rows = [row[:3] for row in rows[:3]]
    if [len(row) for row in rows] not in ([3, 3, 3], [9]):
        lengths = [len(row) for row in rows]
        if len(rows) == 3:
            value[next(index for index, length in enumerate(lengths) if length != 3)].numbers(3)
        found = f"{sum(lengths)} numbers" + (f" in {len(rows)} rows" if len(rows) > 1 else "")
        cure = "write other numbers by name: fx, fy, cx, cy, width, height, k1, ..."
        raise InputError(_place(value), found, "3 rows of 3, or 9 finite numbers", cure)
    return np.reshape(rows, (3, 3)).astype(float)


def _place(value: JsonValue) -> str:
    return f"{value.file}: {value.key_path}" if value.key_path else str(value.file)
