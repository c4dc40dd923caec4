"""Which device work runs on: the one that was asked for, or none."""

from __future__ import annotations

import torch

from objpose.errors import InputError
from objpose.geometry import HOST
from objpose.raster.cuda import probe
from objpose.raster.cuda.driver import CudaUnavailableError

EXPECTED = "auto, cpu, cuda, or one of several as cuda:1"


def chosen_device(name: str) -> torch.device:
    """What `name` means: "auto" is CUDA where its core works, else the CPU.

    Raises:
        InputError: no such device, or one that cannot be used; the CPU never takes its place.
    """
    if name == "auto":
        return _cuda(None) if _failure(None) is None else HOST
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = torch.device("meta")  # of no kind that there is a core for
    if device.type not in ("cpu", "cuda"):
        raise InputError("device", repr(name), EXPECTED, "choose one of them")
    if device.type == "cpu":
        return HOST
    if (failure := _failure(device.index)) is not None:
        cure = 'repair that, or choose "cpu"; `objpose doctor` tells what works'
        raise InputError("device", f"{name!r}: {failure}", "a CUDA device that works", cure)
    return _cuda(device.index)


def _failure(index: int | None) -> str | None:
    """Why the CUDA core does not work on a device, or None."""
    try:
        probe.check(_number(index))
    except CudaUnavailableError as error:
        return str(error)
    return None


def _cuda(index: int | None) -> torch.device:
    return torch.device("cuda", _number(index))


def _number(index: int | None) -> int:
    """torch's current device where none is named."""
    if index is not None:
        return index
    return torch.cuda.current_device() if torch.cuda.is_available() else 0
