"""Pickles that hold arrays, strings and numbers in lists and dictionaries: read without running anything of
theirs.

A pickle is a program. Here the names that it may call are those of numpy's arrays, and what they lead to is
our own stand-in, which only holds what it is given; any other name is refused.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.io.json_file import describe_failure

PLAIN_KINDS = "biufSU"  # of dtypes: no objects, whose content would be a program again
CURE = "save plain arrays, as .npz or .json; a pickle that holds more can run any program when it is read"


def read_array_pickle(path: str | os.PathLike[str]) -> object:
    """What a pickle holds, its arrays as numpy's.

    Raises:
        InputError: no such file, a damaged one, or one that holds anything else, which is named.
    """
    path = Path(path)
    try:
        content = _Unpickler(io.BytesIO(path.read_bytes()), path).load()
        return _as_numpy(content)
    except InputError:
        raise
    except OSError as error:
        raise InputError(path, describe_failure(path, error), "a pickle", "check the name") from error
    except Exception as error:  # any byte may be wrong, and so any step of reading may fail
        found = f"a damaged pickle ({type(error).__name__}: {error})"
        raise InputError(path, found, "arrays, strings and numbers", CURE) from error


class _Dtype:
    def __init__(self, code: str, *_: object) -> None:
        self._code, self._order = str(code), "="

    def __setstate__(self, state: tuple[object, ...]) -> None:
        self._order = str(state[1])

    def resolved(self) -> np.dtype:
        dtype = np.dtype(self._code)
        if dtype.kind not in PLAIN_KINDS:
            raise ValueError(f"an array of kind {self._code}")
        return dtype.newbyteorder("big") if self._order == ">" else dtype


class _Array:
    """An array as it is pickled."""

    def __setstate__(self, state: tuple[object, ...]) -> None:
        *_, self._shape, self._dtype, self._is_fortran, self._data = state

    def resolved(self) -> np.ndarray:
        data = self._data.encode("latin1") if isinstance(self._data, str) else self._data
        return _from_bytes(data, self._dtype, self._shape, "F" if self._is_fortran else "C")


class _Buffer:
    """An array as protocol 5 pickles it, and with no shape a single number."""

    def __init__(self, data: object, dtype: object, shape: object = (), order: str = "C") -> None:
        self._parts = (data, dtype, shape, order)

    def resolved(self) -> np.ndarray:
        return _from_bytes(*self._parts)


def _from_bytes(data: object, dtype: object, shape: object, order: str) -> np.ndarray:
    if not isinstance(dtype, _Dtype) or not isinstance(data, bytes | bytearray):
        raise ValueError("an array of objects")
    return np.frombuffer(data, dtype.resolved()).reshape(shape, order=order)  # type: ignore[call-overload]


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _scalar(dtype: object, data: object) -> _Buffer:
    return _Buffer(data.encode("latin1") if isinstance(data, str) else data, dtype)


def _encode(text: str, *_: object) -> bytes:
    return text.encode("latin1")


_STAND_INS: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "ndarray"): _Array, ("numpy", "dtype"): _Dtype, ("_codecs", "encode"): _encode,
}  # fmt: skip
for _core in ("numpy.core", "numpy._core"):
    _STAND_INS[f"{_core}.multiarray", "_reconstruct"] = _reconstruct
    _STAND_INS[f"{_core}.multiarray", "scalar"] = _scalar
    _STAND_INS[f"{_core}.numeric", "_frombuffer"] = _Buffer


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, path: Path) -> None:
        super().__init__(file, encoding="latin1")  # as numpy's arrays of Python 2 need
        self._path = path

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        if (module, name) not in _STAND_INS:
            raise InputError(self._path, f"a pickle that calls {module}.{name}", "arrays of numbers", CURE)
        return _STAND_INS[module, name]


def _as_numpy(content: object) -> object:
    """The same, its stand-ins replaced."""
    if isinstance(content, _Array | _Buffer):
        return content.resolved()
    if isinstance(content, dict):
        return {key: _as_numpy(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_as_numpy(value) for value in content]
    return content
