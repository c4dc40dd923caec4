"""What the kernels take by value, laid out as in csrc/cuda/structures.h; a test compares the sizes."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

from torch import Tensor

SCREEN_VERTEX_INTS = 3  # ScreenVertex is two ints and a float
SLOPE_FLOATS = 48  # PackedSlopes
PACKED_FLOATS = 8  # PackedSplat
WARP = 32  # threads


def _fields(kind: type, *names: str) -> list[tuple[str, type]]:
    return [(name, kind) for name in names]


_POINTER, _LONG, _INT, _DOUBLE = ctypes.c_void_p, ctypes.c_longlong, ctypes.c_int, ctypes.c_double
_FLOAT = ctypes.c_float
_PIXEL_SET = [*_fields(_POINTER, "index", "rays", "K"), *_fields(_LONG, "count", "picture")]


class MeshScene(ctypes.Structure):
    _fields_ = [
        *(("vertices", _POINTER), ("vertex_count", _LONG), ("faces", _POINTER), ("face_count", _LONG)),
        *_fields(_POINTER, "cam_from_obj", "K"),
        *_fields(_INT, "width", "height"),
        ("near_depth", _DOUBLE),
    ]


class Pyramid(ctypes.Structure):
    _fields_ = [*_fields(_POINTER, "texels", "sizes"), ("levels", _INT)]


class SortKeys(ctypes.Structure):
    _fields_ = [("values", _POINTER), *_fields(_INT, "bytes", "first")]


class SplatScene(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "means", "wxyz", "scales", "opacities"),
        ("count", _LONG),
        *_fields(_POINTER, "cam_from_world", "K"),
        ("cameras", _LONG),
        ("near_depth", _DOUBLE),
        *_fields(_INT, "width", "height", "antialias"),
    ]


class Blending(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "splats", "colors", "background"),
        *_fields(_LONG, "count", "color_step"),
        *_fields(_POINTER, "tile_ends", "pair_items"),
        ("cameras", _LONG),
        *_fields(_INT, "channels", "width", "height"),
    ]


class Blended(ctypes.Structure):
    _fields_ = _fields(_POINTER, "color", "alpha", "depth_sum", "median_depth", "last", "light")


class BlendGradients(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "of_color", "of_alpha", "of_depth_sum", "of_median_depth"),
        *_fields(_POINTER, "last", "light", "pair_slots", "parts", "background"),
    ]


class Comparison(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "color", "alpha", "depth_sum"),
        *_fields(_POINTER, "target", "target_depth", "target_alpha", "weights"),
        *_fields(_POINTER, "slopes", "color_slopes"),
        ("losses", _DOUBLE * 9),
    ]


class ColorComparison(ctypes.Structure):
    _fields_ = [
        *_PIXEL_SET,
        *_fields(_POINTER, "color", "depth", "channels", "slopes", "measured", "pivot"),
        ("reach", _FLOAT),
    ]


class DepthComparison(ctypes.Structure):
    _fields_ = [
        *_PIXEL_SET,
        *_fields(_POINTER, "depth", "normals", "measured", "pivot"),
        *_fields(_FLOAT, "sigma", "reach"),
    ]


class AgreementCall(ctypes.Structure):
    _fields_ = [*_fields(_POINTER, "seen", "drawn", "weight"), *_fields(_INT, "height", "width")]


class SurfaceIndex(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "points", "closest", "behind"),
        *(("origin", _FLOAT * 3), ("cell", _FLOAT), ("last", _INT * 3)),
        *(("centre", _FLOAT * 3), ("diameter", _FLOAT)),
    ]


class ShapeCall(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "depth", "measured", "mask", "inside", "covered"),
        *_fields(_INT, "size", "border"),
        ("tolerance", _FLOAT),
    ]


class MaskBorder(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "distance", "slope", "counts", "rays", "K"),
        ("size", _INT),
        *_fields(_FLOAT, "sigma", "reach"),
    ]


class PictureEdges(ctypes.Structure):
    _fields_ = [*_fields(_POINTER, "slopes", "counts", "rays", "K"), ("size", _INT), ("reach", _FLOAT)]


class NormalArrays(ctypes.Structure):
    _fields_ = _fields(_POINTER, "normal", "gradient", "cost")


class PoseSystems(ctypes.Structure):
    _fields_ = _fields(_POINTER, "cam_from_obj", "normal", "gradient", "cost")


class TakenSteps(ctypes.Structure):
    _fields_ = [
        *_fields(_POINTER, "cam_from_obj", "normal", "gradient", "cost"),
        *_fields(_POINTER, "damping", "converged", "accepted"),
    ]


class Held(NamedTuple):
    """An argument of kernels, and the tensors that it points to, which must live until the launch."""

    argument: ctypes.Structure
    tensors: tuple[Tensor, ...]


Argument = Tensor | int | Held | ctypes._SimpleCData | None  # of a kernel


def held(kind: type[ctypes.Structure], *values: Any) -> Held:
    """A structure of these values, tensors (made contiguous) as pointers."""
    kept = [value.contiguous() if isinstance(value, Tensor) else value for value in values]
    fields = [value.data_ptr() if isinstance(value, Tensor) else value for value in kept]
    return Held(kind(*fields), tuple(value for value in kept if isinstance(value, Tensor)))
