"""The rows of a binary PLY file."""

from pathlib import Path
from typing import NoReturn

import numpy as np

from objpose.errors import InputError
from objpose.io.ply_columns import PlyColumns, PlyList, empty_columns
from objpose.io.ply_header import CURE, PlyElement, PlyHeader, PlyProperty


class BinaryRows:
    """Rows in binary: all at once while their lists have the lengths of the first row, else one by one."""

    def __init__(self, content: bytes, header: PlyHeader, path: Path) -> None:
        self._content, self._path, self._position = content, path, header.body_start

    def read(self, element: PlyElement) -> PlyColumns:
        """The rows of the next element; raises `InputError` when they are not all there."""
        if element.count == 0 or not element.properties:
            return empty_columns(element)
        columns = self._read_like_first_row(element)
        return self._read_row_by_row(element) if columns is None else columns

    def finish(self) -> None:
        """Raises `InputError` when rows are left over."""
        left_over = len(self._content[self._position :].strip(b"\r\n\x00 "))
        if left_over:
            raise InputError(
                self._path, f"{left_over} bytes after the last declared row", "the end of the file", CURE
            )

    def _read_like_first_row(self, element: PlyElement) -> PlyColumns | None:
        lengths = self._first_row_lengths(element)
        fields: list[tuple] = []
        for index, (prop, length) in enumerate(zip(element.properties, lengths, strict=True)):
            if prop.count_type is not None:
                fields.append((f"count{index}", prop.count_type))
            fields.append((f"value{index}", prop.value_type, (length,)))
        row = np.dtype(fields)
        held = (len(self._content) - self._position) // row.itemsize
        rows = np.frombuffer(self._content, row, min(held, element.count), self._position)
        if any(
            (rows[f"count{i}"] != n).any()
            for i, (prop, n) in enumerate(zip(element.properties, lengths, strict=True))
            if prop.count_type is not None
        ):
            return None  # e.g. triangles and quads mixed
        if held < element.count:
            return None if element.has_lists else self._refuse(element, held)  # later lists may be shorter
        self._position += row.itemsize * element.count
        return {
            prop.name: _column(prop, rows[f"value{i}"], n)
            for i, (prop, n) in enumerate(zip(element.properties, lengths, strict=True))
        }

    def _first_row_lengths(self, element: PlyElement) -> list[int]:
        position, lengths = self._position, []
        for prop in element.properties:
            length = 1
            if prop.count_type is not None:
                length = self._read_count(prop, prop.count_type, position, element, 0)
                position += prop.count_type.itemsize
            lengths.append(length)
            position += prop.value_type.itemsize * length
        return lengths

    def _read_row_by_row(self, element: PlyElement) -> PlyColumns:
        values: dict[str, list[np.ndarray]] = {prop.name: [] for prop in element.properties}
        position = self._position
        for row in range(element.count):
            for prop in element.properties:
                length = 1
                if prop.count_type is not None:
                    length = self._read_count(prop, prop.count_type, position, element, row)
                    position += prop.count_type.itemsize
                end = position + length * prop.value_type.itemsize
                if end > len(self._content):
                    self._refuse(element, row)
                values[prop.name].append(np.frombuffer(self._content, prop.value_type, length, position))
                position = end
        self._position = position
        return {prop.name: _joined(prop, values[prop.name]) for prop in element.properties}

    def _read_count(
        self, prop: PlyProperty, kind: np.dtype, position: int, element: PlyElement, row: int
    ) -> int:
        if position + kind.itemsize > len(self._content):
            self._refuse(element, row)
        count = int(np.frombuffer(self._content, kind, 1, position)[0])
        if count < 0 or count * prop.value_type.itemsize > len(self._content) - position:
            self._refuse(element, row)
        return count

    def _refuse(self, element: PlyElement, rows: int) -> NoReturn:
        raise InputError(
            self._path, f"{rows} whole {element.name} rows", f"the declared {element.count}", CURE
        )


def _column(prop: PlyProperty, values: np.ndarray, length: int) -> np.ndarray | PlyList:
    if prop.count_type is None:
        return values[:, 0]
    return PlyList(values.reshape(-1), np.full(len(values), length))


def _joined(prop: PlyProperty, values: list[np.ndarray]) -> np.ndarray | PlyList:
    joined = np.concatenate(values)
    return joined if prop.count_type is None else PlyList(joined, np.array([len(value) for value in values]))
