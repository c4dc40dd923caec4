"""Arrays of .npy and .npz files, read without believing their headers."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from objpose.errors import InputError
from objpose.io.json_file import describe_failure

ARRAY_SUFFIXES = (".npy", ".npz")
MOST_VALUES = 2**28  # as many as Pillow lets a picture have, about
USUAL_NAMES = ("depth", "mask", "image", "rgb", "arr_0")
# What numpy and zipfile raise where an array or its header is damaged.
DAMAGED = (
    *(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError),
    *(SyntaxError, TypeError, tokenize.TokenError, zlib.error, MemoryError),
)


def read_array(path: Path, expected: str) -> np.ndarray:
    """The array (H, W) or (H, W, C), in this machine's byte order; leading and trailing axes of 1 go.

    Of a .npz the only array is taken, or the one named as what it should be.

    Raises:
        InputError: missing or damaged file, objects or text, other shapes, or a .npz with several arrays.
    """
    try:
        if path.suffix.lower() == ".npz":
            array = _of_archive(path, expected)
        else:
            with path.open("rb") as file:
                _refuse_huge(path, path.name, file, path.stat().st_size)
            array = np.load(path, allow_pickle=False)
    except InputError:
        raise
    except DAMAGED as error:
        found, cure = describe_failure(path, error), "write it with numpy.save"
        found = "Python objects" if "Python objects" in found or "pickle" in found else found
        raise InputError(path, found, f"a {path.suffix} array: {expected}", cure) from error
    while array.ndim > 2 and 1 in (array.shape[0], array.shape[-1]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    is_picture = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (2, 3, 4))
    if not is_picture or array.dtype.kind not in "fuib" or 0 in array.shape:
        cure = "save one array of numbers, (H, W) or (H, W, channels)"
        raise InputError(path, f"{array.dtype} {array.shape}", expected, cure)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _of_archive(path: Path, expected: str) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        names = [name[: -len(".npy")] for name in archive.namelist() if name.endswith(".npy")]
        named = [name for name in USUAL_NAMES if name in names and name in expected]
        chosen = names if len(names) == 1 else named[:1]
        if not chosen:
            found = f"{len(names)} arrays: {', '.join(sorted(names)[:8]) or 'none'}"
            raise InputError(path, found, f"one array: {expected}", "save the one that is meant as .npy")
        name = f"{chosen[0]}.npy"
        with archive.open(name) as member:
            _refuse_huge(path, name, member, archive.getinfo(name).file_size)
    with np.load(path, allow_pickle=False) as arrays:
        return arrays[chosen[0]]


def _refuse_huge(path: Path, name: str, file: IO[bytes], held: int) -> None:
    """A few packed kilobytes, holes of a file, or a header alone may claim more than the memory holds."""
    version = np.lib.format.read_magic(file)
    read_header = getattr(np.lib.format, f"read_array_header_{min(version[0], 2)}_0")
    shape, _, dtype = read_header(file)
    claimed = math.prod(shape) * dtype.itemsize
    if claimed > held or held > 8 * MOST_VALUES:
        found = f"{name} of shape {shape} in {held} bytes"
        raise InputError(path, found, "an array of a picture's size", "write the file again")
