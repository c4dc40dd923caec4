"""The core says its constants and the sizes of its structures; Python must hold every one of them alike."""

from __future__ import annotations

import ctypes

import pytest

from objpose.raster import constants
from objpose.raster.cpu import library
from objpose.raster.cuda import structures

SIZE_OF = "sizeof "
# What Python allocates for the device as an array of floats or ints.
ARRAYS = {
    "ScreenVertex": structures.SCREEN_VERTEX_INTS,
    "SplatSlopes": structures.SLOPE_FLOATS,
    "PackedSplat": structures.PACKED_FLOATS,
}


@pytest.fixture(scope="module")
def numbers() -> dict[str, float]:
    core, value, found = library.load(), ctypes.c_double(), {}
    core.objpose_number.restype = ctypes.c_char_p
    while name := core.objpose_number(len(found), ctypes.byref(value)):
        found[name.decode()] = value.value
    return found


def test_constants(numbers: dict[str, float]) -> None:
    of_core = {name: value for name, value in numbers.items() if not name.startswith(SIZE_OF)}
    of_python = {name: value for name, value in vars(constants).items() if name.isupper()}
    assert of_python.pop("ABI_VERSION") == library.load().objpose_abi_version()
    assert of_core.keys() == of_python.keys()
    for name, value in of_core.items():
        assert value == pytest.approx(of_python[name], rel=1e-7), name


def test_structures(numbers: dict[str, float]) -> None:
    """A structure that grew on one side only would be read, or written, beyond its end on the device."""
    of_core = {name.removeprefix(SIZE_OF): n for name, n in numbers.items() if name.startswith(SIZE_OF)}
    of_python = {
        name: ctypes.sizeof(kind)
        for name, kind in vars(structures).items()
        if isinstance(kind, type) and issubclass(kind, ctypes.Structure)
    }
    assert of_core == of_python | {name: 4 * count for name, count in ARRAYS.items()}
