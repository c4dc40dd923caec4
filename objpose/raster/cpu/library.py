"""The C++ core on the CPU, loaded with ctypes: no Python or torch ABI in it, one wheel for them all."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from pathlib import Path

from torch import Tensor

from objpose import work
from objpose.errors import InputError
from objpose.raster.constants import ABI_VERSION

INVALID_ARGUMENT = 2  # the status of arguments that cannot be drawn

_SUFFIX = "dll" if sys.platform == "win32" else "so"
_CURE = "reinstall objpose (from source: `pip install -e .`, with any C++17 compiler)"


def library_path() -> Path:
    """Where the wheel, or an editable install, places the compiled core."""
    return Path(__file__).parents[1] / f"libobjpose_raster.{_SUFFIX}"


class CoreUnavailableError(RuntimeError):
    """The compiled core cannot be used; the message names the reason and the cure."""


@lru_cache(maxsize=1)
def load() -> ctypes.CDLL:
    """The core; raises CoreUnavailableError when it is missing, does not load, or is of another version."""
    path = library_path()
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise CoreUnavailableError(f"{path.name} does not load ({error}); {_CURE}") from error
    library.objpose_last_error.restype = ctypes.c_char_p
    found = library.objpose_abi_version()
    if found != ABI_VERSION:
        raise CoreUnavailableError(f"{path.name} has ABI version {found}, expected {ABI_VERSION}; {_CURE}")
    return library


def threads() -> ctypes.c_int:
    return ctypes.c_int(work.threads())


def call(name: str, *arguments: Tensor | int | ctypes._SimpleCData | None) -> None:
    """Tensors go as pointers, Python integers as 64-bit ones; a status other than 0 becomes an exception."""
    library = load()
    # Held until the call returns: `contiguous()` may have made copies.
    tensors = [a.contiguous() if isinstance(a, Tensor) and not a.is_contiguous() else a for a in arguments]
    status = getattr(library, name)(*[_as_c(a) for a in tensors])
    if status == 0:
        return
    reason = library.objpose_last_error().decode()
    if status == INVALID_ARGUMENT:
        raise InputError(
            "mesh to draw", reason, "indices within range", "pass the faces that belong to these vertices"
        )
    raise RuntimeError(f"{name} failed: {reason}")


def _as_c(argument: Tensor | int | ctypes._SimpleCData | None) -> ctypes._SimpleCData:
    if type(argument) is int:  # asked first: trackers make a thousand calls a second
        return ctypes.c_longlong(argument)
    if argument is None:
        return ctypes.c_void_p(None)
    return ctypes.c_void_p(argument.data_ptr()) if isinstance(argument, Tensor) else _number(argument)


def _number(argument: int | ctypes._SimpleCData) -> ctypes._SimpleCData:
    return argument if isinstance(argument, ctypes._SimpleCData) else ctypes.c_longlong(argument)
