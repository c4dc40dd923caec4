"""`K.npy` and `calibration.npz` of numpy as plain values; what needs pickle is not opened."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.io.json_file import describe_failure
from objpose.io.stored_arrays import DAMAGED

MOST_VALUES = 1000  # of an array that can be a matrix or a lens


def parse_arrays(path: Path) -> object:
    """A matrix as a list of rows, or the arrays of an archive by name; larger ones are only described."""
    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return _array(file)
        with zipfile.ZipFile(path) as archive:
            return {Path(name).stem: _array(io.BytesIO(_start(archive, name))) for name in archive.namelist()}
    except DAMAGED as error:
        found = describe_failure(path, error)
        raise InputError(path, found, "numbers as numpy saves them", "save K as text or JSON") from error


def _start(archive: zipfile.ZipFile, name: str) -> bytes:
    """As much of a member as an array that counts can have."""
    with archive.open(name) as file:
        return file.read(64 * MOST_VALUES)


def _array(file: io.BufferedIOBase) -> object:
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, is_transposed, dtype = read_header(file)
    count = int(np.prod(shape, dtype=object))
    if dtype.kind not in "iuf" or count > MOST_VALUES:
        return f"an array of shape {shape} and {dtype}"
    data = file.read(count * dtype.itemsize)
    array = np.frombuffer(data, dtype, count)
    return array.reshape(shape, order="F" if is_transposed else "C").tolist()
