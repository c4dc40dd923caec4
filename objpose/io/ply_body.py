"""The rows of a PLY file, checked against the counts that its header declares."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from objpose.errors import InputError
from objpose.io.ply_header import CURE, PlyElement, PlyHeader, PlyProperty


@dataclass(frozen=True)
class PlyList:
    """A list property of all rows: the lists one after the other, and the length of each."""

    values: np.ndarray  # (sum of counts,)
    counts: np.ndarray  # (rows,)


PlyColumns = dict[str, np.ndarray | PlyList]


def read_body(content: bytes, header: PlyHeader, path: Path) -> dict[str, PlyColumns]:
    """Columns of every element: `{element: {property: array or PlyList}}`.

    Raises:
        InputError: fewer or more rows than declared, a row that breaks off, or text that is no number.
    """
    reader = _AsciiRows(content, header, path) if header.is_ascii else _BinaryRows(content, header, path)
    columns = {element.name: reader.read(element) for element in header.elements}
    reader.finish()
    return columns


class _BinaryRows:
    """Rows in binary: all at once while their lists have the lengths of the first row, else one by one."""

    def __init__(self, content: bytes, header: PlyHeader, path: Path) -> None:
        self._content, self._path, self._position = content, path, header.body_start

    def read(self, element: PlyElement) -> PlyColumns:
        if element.count == 0 or not element.properties:
            return _empty_columns(element)
        columns = self._read_like_first_row(element)
        return self._read_row_by_row(element) if columns is None else columns

    def finish(self) -> None:
        left_over = len(self._content[self._position :].strip(b"\r\n\x00 "))
        if left_over:
            raise InputError(
                self._path, f"{left_over} bytes after the last declared row", "the end of the file", CURE
            )

    def _read_like_first_row(self, element: PlyElement) -> PlyColumns | None:
        lengths = self._first_row_lengths(element)
        fields = []
        for index, (prop, length) in enumerate(zip(element.properties, lengths, strict=True)):
            if prop.count_type is not None:
                fields.append((f"count{index}", prop.count_type))
            fields.append((f"value{index}", prop.value_type, (length,)))
        row = np.dtype(fields)
        held = (len(self._content) - self._position) // row.itemsize
        rows = np.frombuffer(self._content, row, min(held, element.count), self._position)
        if any((rows[f"count{i}"] != n).any() for i, n in enumerate(lengths) if f"count{i}" in row.names):
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
                length = self._read_count(prop, position, element, 0)
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
                    length = self._read_count(prop, position, element, row)
                    position += prop.count_type.itemsize
                end = position + length * prop.value_type.itemsize
                if end > len(self._content):
                    self._refuse(element, row)
                values[prop.name].append(np.frombuffer(self._content, prop.value_type, length, position))
                position = end
        self._position = position
        return {prop.name: _joined(prop, values[prop.name]) for prop in element.properties}

    def _read_count(self, prop: PlyProperty, position: int, element: PlyElement, row: int) -> int:
        if position + prop.count_type.itemsize > len(self._content):
            self._refuse(element, row)
        count = int(np.frombuffer(self._content, prop.count_type, 1, position)[0])
        if count < 0 or count * prop.value_type.itemsize > len(self._content) - position:
            self._refuse(element, row)
        return count

    def _refuse(self, element: PlyElement, rows: int) -> NoReturn:
        raise InputError(
            self._path, f"{rows} whole {element.name} rows", f"the declared {element.count}", CURE
        )


class _AsciiRows:
    """Rows in text, one a line."""

    def __init__(self, content: bytes, header: PlyHeader, path: Path) -> None:
        self._path = path
        self._lines = [line for line in content[header.body_start :].splitlines() if line.strip()]
        self._position = 0

    def read(self, element: PlyElement) -> PlyColumns:
        if element.count == 0 or not element.properties:
            return _empty_columns(element)
        lines = self._lines[self._position : self._position + element.count]
        if len(lines) < element.count:
            raise InputError(
                self._path, f"{len(lines)} {element.name} rows", f"the declared {element.count}", CURE
            )
        self._position += element.count
        numbers = self._parse(b" ".join(lines), element)
        widths = np.array([len(line.split()) for line in lines])
        starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
        return self._cut(element, numbers, starts, widths)

    def finish(self) -> None:
        left_over = len(self._lines) - self._position
        if left_over:
            raise InputError(
                self._path, f"{left_over} lines after the last declared row", "the end of the file", CURE
            )

    def _parse(self, text: bytes, element: PlyElement) -> np.ndarray:
        try:
            return np.array(text.split(), dtype=np.float64)
        except ValueError as error:
            raise InputError(self._path, f"{error} among the {element.name} rows", "numbers", CURE) from error

    def _cut(
        self, element: PlyElement, numbers: np.ndarray, starts: np.ndarray, widths: np.ndarray
    ) -> PlyColumns:
        """Cut the flat numbers into columns: `used` counts the numbers of each row taken so far."""
        columns, used = {}, np.zeros_like(widths)
        for prop in element.properties:
            self._require(element, used < widths)
            if prop.count_type is None:
                columns[prop.name] = numbers[starts + used].astype(prop.value_type)
                used = used + 1
                continue
            counts = numbers[starts + used]
            self._require(element, (counts >= 0) & (counts <= widths - used - 1) & (counts % 1 == 0))
            counts = counts.astype(np.int64)
            values = numbers[_ranges(starts + used + 1, counts)]
            columns[prop.name] = PlyList(values.astype(prop.value_type), counts)
            used = used + 1 + counts
        self._require(element, used == widths)
        return columns

    def _require(self, element: PlyElement, good: np.ndarray) -> None:
        if not good.all():
            row = int(np.argmin(good))
            names = ", ".join(prop.name for prop in element.properties)
            raise InputError(
                self._path,
                f"{element.name} row {row} with another number of values",
                f"values for {names}",
                CURE,
            )


def _column(prop: PlyProperty, values: np.ndarray, length: int) -> np.ndarray | PlyList:
    if prop.count_type is None:
        return values[:, 0]
    return PlyList(values.reshape(-1), np.full(len(values), length))


def _joined(prop: PlyProperty, values: list[np.ndarray]) -> np.ndarray | PlyList:
    joined = np.concatenate(values)
    return joined if prop.count_type is None else PlyList(joined, np.array([len(value) for value in values]))


def _empty_columns(element: PlyElement) -> PlyColumns:
    none = np.zeros(0)
    return {
        p.name: none if p.count_type is None else PlyList(none, none.astype(int)) for p in element.properties
    }


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The indices starts[0], starts[0]+1, ... (counts[0] of them), starts[1], ... in one flat array."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())
