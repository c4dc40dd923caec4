"""The C++ core on the CPU, loaded with ctypes: no Python or torch ABI in it, one wheel for them all."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from objpose import work
from objpose.errors import InputError

# Raised with every change of a signature in the C++, where raster_cpu.cpp holds the same number.
ABI_VERSION = 2
INVALID_ARGUMENT = 2  # the status of arguments that cannot be drawn

_SUFFIX = "dll" if sys.platform == "win32" else "so"
_CURE = "reinstall objpose (from source: `pip install -e .`, with any C++17 compiler)"


def library_path() -> Path:
    """Where the wheel, or an editable install, places the compiled core."""
    return Path(__file__).parent / f"libobjpose_raster.{_SUFFIX}"


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


def rasterize(
    vertices: Tensor,
    faces: Tensor,
    cam_from_obj: Tensor,
    K: Tensor,
    width: int,
    height: int,
    near: float,
    surface: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape = (len(cam_from_obj), height, width)
    depth = torch.empty(shape)
    face_ids = torch.empty(shape if surface else 0, dtype=torch.int32)
    bary = torch.empty((*shape, 2) if surface else 0)
    footprint = torch.empty(shape if surface else 0)
    buffers = (face_ids, bary, footprint) if surface else (None, None, None)
    size = (ctypes.c_int(width), ctypes.c_int(height))
    view = (cam_from_obj, K, len(cam_from_obj), *size, ctypes.c_double(near), threads())
    call("objpose_rasterize", vertices, len(vertices), faces, len(faces), *view, depth, *buffers)
    return depth, face_ids, bary, footprint


def interpolate(attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor) -> Tensor:
    channels = attributes.shape[1]
    out = torch.empty((*face_ids.shape, channels))
    mesh = (attributes, len(attributes), ctypes.c_int(channels), faces, len(faces))
    call("objpose_interpolate", *mesh, face_ids, bary, face_ids.numel(), threads(), out)
    return out


def interpolate_adjoint(
    attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor]:
    grad_attributes, grad_bary = torch.empty_like(attributes), torch.empty_like(bary)
    mesh = (attributes, len(attributes), ctypes.c_int(attributes.shape[1]), faces, len(faces))
    pixels = (face_ids, bary, grad, face_ids.numel(), threads())
    call("objpose_interpolate_adjoint", *mesh, *pixels, grad_attributes, grad_bary)
    return grad_attributes, grad_bary


def sample_texture(
    texels: Tensor,
    sizes: Tensor,
    uvs: Tensor,
    faces: Tensor,
    face_ids: Tensor,
    bary: Tensor,
    footprint: Tensor,
) -> Tensor:
    out = torch.empty((*face_ids.shape, 3))
    mesh = (uvs, len(uvs), faces, len(faces))
    pixels = (face_ids, bary, footprint, face_ids.numel(), threads())
    call("objpose_sample_texture", texels, sizes, ctypes.c_int(len(sizes)), *mesh, *pixels, out)
    return out


def face_normals(vertices: Tensor, faces: Tensor, cam_from_obj: Tensor, face_ids: Tensor) -> Tensor:
    out = torch.empty((*face_ids.shape, 3))
    pixels_per_pose = face_ids[0].numel() if len(face_ids) else 0
    pixels = (cam_from_obj, face_ids, len(face_ids), pixels_per_pose, threads())
    call("objpose_face_normals", vertices, len(vertices), faces, len(faces), *pixels, out)
    return out


def threads() -> ctypes.c_int:
    return ctypes.c_int(work.threads())


def call(name: str, *arguments: Tensor | int | ctypes._SimpleCData | None) -> None:
    """Tensors go as pointers, Python integers as 64-bit ones; a status other than 0 becomes an exception."""
    library = load()
    # Held until the call returns: `contiguous()` may have made copies.
    tensors = [a.contiguous() if isinstance(a, Tensor) else a for a in arguments]
    status = getattr(library, name)(*(_as_c(a) for a in tensors))
    if status == 0:
        return
    reason = library.objpose_last_error().decode()
    if status == INVALID_ARGUMENT:
        raise InputError(
            "mesh to draw", reason, "indices within range", "pass the faces that belong to these vertices"
        )
    raise RuntimeError(f"{name} failed: {reason}")


def _as_c(argument: Tensor | int | ctypes._SimpleCData | None) -> ctypes._SimpleCData:
    if isinstance(argument, Tensor):
        return ctypes.c_void_p(argument.data_ptr())
    if argument is None:
        return ctypes.c_void_p(None)
    return argument if isinstance(argument, ctypes._SimpleCData) else ctypes.c_longlong(argument)
