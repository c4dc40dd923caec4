"""What the stages make sure of before a core reads tensors: a GPU that reads beyond their memory is lost.

Devices, shapes and types are looked at in every call, which costs nothing. Values have to be read, and on a
GPU that waits for all that it still has to do: index tensors are read once, and again when they change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from objpose.errors import InputError

Found = TypeVar("Found")
_CORES_THAT_LOOK = ("cpu",)  # at every face id that they follow, which costs them nothing
# Of tensors that live: their version when they were looked at, and what was found in them.
_FOUND = WeakIdKeyDictionary()


def check_tensor(
    name: str,
    tensor: Tensor,
    shape: tuple[int | None, ...],
    device: torch.device,
    dtype: torch.dtype | None = None,
) -> None:
    """Raise InputError unless the tensor is on the device, and of the shape and type; None: any."""
    if tensor.device != device:
        cure = f"move it there with .to({str(device)!r})"
        raise InputError(name, f"a tensor on {tensor.device}", f"one on {device}, where the others are", cure)
    sizes = tuple(tensor.shape)
    if len(sizes) != len(shape) or any(w not in (None, size) for w, size in zip(shape, sizes, strict=True)):
        expected = ", ".join("any" if size is None else str(size) for size in shape)
        raise InputError(name, f"shape {sizes}", f"({expected})", "pass tensors that belong together")
    if dtype is not None and tensor.dtype != dtype:
        raise InputError(name, str(tensor.dtype), str(dtype), f"convert it with .to({dtype})")


def check_faces(faces: Tensor, vertex_count: int) -> None:
    """Raise InputError unless faces (F, 3) are whole numbers that name vertices."""
    check_tensor("faces", faces, (None, 3), faces.device)
    if faces.is_floating_point() or faces.is_complex() or faces.dtype == torch.bool:
        raise InputError("faces", str(faces.dtype), "integers", "pass three vertex indices a face")
    lowest, highest = _range_of(faces)
    if lowest < 0 or highest >= vertex_count:
        found = f"faces name vertex {lowest if lowest < 0 else highest} of {vertex_count}"
        cure = "pass the faces that belong to these vertices"
        raise InputError("mesh to draw", found, "indices within range", cure)


def check_face_ids(face_ids: Tensor, face_count: int) -> None:
    """Raise InputError where face ids, int32, name no face."""
    if face_ids.device.type in _CORES_THAT_LOOK:
        return
    highest = _range_of(face_ids)[1]
    if highest >= face_count:
        found = f"face_ids name face {highest} of {face_count}"
        raise InputError("mesh to draw", found, "indices within range", "pass the faces that were rasterized")


def remember_face_ids(face_ids: Tensor, face_count: int) -> None:
    """Of ids that the rasterizer has made nobody needs to look at the range."""
    if _is_plain(face_ids) and not face_ids.is_inference():
        _FOUND[face_ids] = (face_ids._version, (-1, face_count - 1))


def once(tensor: Tensor, look: Callable[[Tensor], Found]) -> Found:
    """What `look` finds in a tensor; remembered as long as that lives and is not written to."""
    if tensor.is_inference():  # those do not tell when they are written to
        return look(tensor)
    version, found = _FOUND.get(tensor, (None, None))
    if version != tensor._version:
        found = look(tensor)
        _FOUND[tensor] = (tensor._version, found)
    return found


def _range_of(indices: Tensor) -> tuple[int, int]:
    """Lowest and highest; of tensors without values, as torch traces with, nothing is known."""
    return once(indices, _look_for_range) if _is_plain(indices) else (0, -1)


def _look_for_range(indices: Tensor) -> tuple[int, int]:
    if indices.numel() == 0:
        return 0, -1
    lowest, highest = torch.stack(indices.aminmax()).tolist()
    return int(lowest), int(highest)


def _is_plain(tensor: Any) -> bool:
    return type(tensor) is Tensor and not torch.compiler.is_compiling()
