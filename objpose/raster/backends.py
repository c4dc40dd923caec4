"""Which implementation of the stages a device uses."""

from __future__ import annotations

import warnings
from functools import lru_cache
from types import ModuleType

import torch
from torch import Tensor

from objpose.raster import cpu, cuda, twin
from objpose.raster.cpu import library
from objpose.raster.cuda import probe
from objpose.raster.cuda.driver import CudaUnavailableError


def backend_for(device: torch.device) -> ModuleType:
    """The core of the device, whose `meshes` and `splats` hold the stages.

    The plain-torch twin, with a warning, where there is none that works.
    """
    return _backend(device.type, device.index or 0)


def needs_op(*inputs: Tensor) -> bool:
    """Whether torch records or traces here, and must see an op; else the core is called itself.

    The first op of a process imports torch's compiler, which takes longer than most renderings.
    """
    is_recorded = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in inputs)
    return is_recorded or torch.compiler.is_compiling() or any(type(t) is not Tensor for t in inputs)


@lru_cache
def _backend(device_type: str, device_index: int) -> ModuleType:
    try:
        if device_type == "cpu":
            library.load()
            return cpu
        if device_type == "cuda":
            probe.check(device_index)
            return cuda
        reason = f"there is no core for {device_type} devices"
    except (library.CoreUnavailableError, CudaUnavailableError) as error:
        reason = str(error)
    warnings.warn(
        f"rendering with plain torch, which is many times slower: {reason}", RuntimeWarning, stacklevel=2
    )
    return twin
