"""The rows of a text PLY file."""

from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.io.ply_columns import PlyColumns, PlyList, empty_columns
from objpose.io.ply_header import CURE, PlyElement, PlyHeader, PlyProperty


class AsciiRows:
    """Rows in text, one a line."""

    def __init__(self, content: bytes, header: PlyHeader, path: Path) -> None:
        self._path = path
        self._lines = [line for line in content[header.body_start :].splitlines() if line.strip()]
        self._position = 0

    def read(self, element: PlyElement) -> PlyColumns:
        """The rows of the next element; raises `InputError` when they are not all there."""
        if element.count == 0 or not element.properties:
            return empty_columns(element)
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
        """Raises `InputError` when rows are left over."""
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
        columns: PlyColumns = {}
        used = np.zeros_like(widths)
        for prop in element.properties:
            self._require(element, used < widths)
            if prop.count_type is None:
                columns[prop.name] = self._stored(element, prop, numbers[starts + used])
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

    def _stored(self, element: PlyElement, prop: PlyProperty, values: np.ndarray) -> np.ndarray:
        """The numbers in the type that the header declares, which must hold them: no 0.5 in a uchar."""
        with np.errstate(invalid="ignore", over="ignore"):
            stored = values.astype(prop.value_type)
        wrong = (stored != values) if stored.dtype.kind in "iu" else np.zeros(len(values), dtype=bool)
        if wrong.any():
            row = int(np.argmax(wrong))
            found = f"{element.name} row {row} with {prop.name} {values[row]:g}"
            raise InputError(
                self._path, found, f"numbers of type {prop.value_type.name}", "correct the header"
            )
        return stored

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


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The indices starts[0], starts[0]+1, ... (counts[0] of them), starts[1], ... in one flat array."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())
