"""Which implementation of the stages a device uses."""

from __future__ import annotations

import warnings
from functools import lru_cache
from types import ModuleType

import torch

from objpose.raster import cpu_core, cpu_splats, cuda_core, cuda_splats, splat_twin, twin

SPLATS = {cpu_core: cpu_splats, cuda_core: cuda_splats, twin: splat_twin}


def backend_for(device: torch.device) -> ModuleType:
    """The core of the device; the plain-torch twin, with a warning, where there is none that works."""
    return _backend(device.type, device.index or 0)


def splat_backend_for(device: torch.device) -> ModuleType:
    """As `backend_for`, for the stages of splat rendering."""
    return SPLATS.get(backend_for(device), splat_twin)


@lru_cache
def _backend(device_type: str, device_index: int) -> ModuleType:
    try:
        if device_type == "cpu":
            cpu_core.load()
            return cpu_core
        if device_type == "cuda":
            cuda_core.load(device_index)
            return cuda_core
        reason = f"there is no core for {device_type} devices"
    except (cpu_core.CoreUnavailableError, cuda_core.CudaUnavailableError) as error:
        reason = str(error)
    warnings.warn(
        f"rendering with plain torch, which is many times slower: {reason}", RuntimeWarning, stacklevel=2
    )
    return twin
