"""Compiles the kernels and launches them on torch's current stream, through its CUDA wheels' bindings."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from objpose.raster.constants import CUDA_TILE
from objpose.raster.cuda import nvrtc
from objpose.raster.cuda.structures import Argument, Held

BLOCK = CUDA_TILE**2  # threads: one for each pixel of a tile, and enough to hide the memory's latency


class CudaUnavailableError(RuntimeError):
    """The CUDA core cannot be used; the message names the reason and the cure."""


def load(device_index: int = 0) -> None:
    """Compile the kernels for the device, or find them in the cache; raises CudaUnavailableError."""
    if not torch.cuda.is_available():
        raise CudaUnavailableError(
            "torch finds no CUDA device; install a CUDA build of torch and NVIDIA's driver"
        )
    major, minor = torch.cuda.get_device_capability(device_index)
    try:
        nvrtc.cached_image(10 * major + minor)
    except nvrtc.NvrtcError as error:
        raise CudaUnavailableError(str(error)) from error


def launch_kernel(
    kernel: str,
    device: torch.device,
    items: int,
    *arguments: Argument,
) -> None:
    """Tensors go as pointers and Python integers as 64-bit integers."""
    # Copies made here live until the launch is queued.
    tensors = [a.contiguous() if isinstance(a, Tensor) else a for a in arguments]
    launch(kernel, device, items, [_as_c(a) for a in tensors])


def _as_c(
    argument: Argument,
) -> ctypes.Structure | ctypes._SimpleCData:
    if isinstance(argument, Tensor):
        return ctypes.c_void_p(argument.data_ptr())
    if argument is None:
        return ctypes.c_void_p(None)
    if isinstance(argument, Held):
        return argument.argument
    return ctypes.c_longlong(argument) if isinstance(argument, int) else argument


def launch(
    kernel: str, device: torch.device, items: int, arguments: list[ctypes.Structure | ctypes._SimpleCData]
) -> None:
    """Run one thread an item, after what the device's current stream already holds.

    Raises:
        RuntimeError: the driver refuses it.
    """
    if items == 0:
        return
    driver = _driver()
    pointers = (ctypes.c_void_p * len(arguments))(*(ctypes.addressof(argument) for argument in arguments))
    grid = (-(-items // BLOCK), 1, 1)
    with torch.cuda.device(device):
        _bind_context(torch.cuda.current_device())
        stream = torch.cuda.current_stream(device).cuda_stream
        function = _function(kernel, torch.cuda.current_device())
        _checked(
            driver.cuLaunchKernel(function, *grid, BLOCK, 1, 1, 0, stream, ctypes.addressof(pointers), 0)
        )


def _bind_context(device_index: int) -> None:
    """Give the thread the context that torch uses: one that has not yet used CUDA has none."""
    driver = _driver()
    if int(_checked(driver.cuCtxGetCurrent())) == 0:
        _checked(driver.cuCtxSetCurrent(_primary_context(device_index)))


@lru_cache
def _primary_context(device_index: int) -> Any:
    driver = _driver()
    return _checked(driver.cuDevicePrimaryCtxRetain(_checked(driver.cuDeviceGet(device_index))))


@lru_cache
def _function(kernel: str, device_index: int) -> Any:
    return _checked(_driver().cuModuleGetFunction(_module(device_index), kernel.encode()))


@lru_cache
def _module(device_index: int) -> Any:
    """The kernels, loaded into the device's primary context, which torch has made current."""
    torch.cuda.synchronize(device_index)
    major, minor = torch.cuda.get_device_capability(device_index)
    return _checked(_driver().cuModuleLoadData(nvrtc.cached_image(10 * major + minor)))


def _driver() -> Any:
    from cuda.bindings import driver

    return driver


def _checked(result: tuple) -> Any:
    status, *values = result
    if int(status) != 0:
        raise RuntimeError(f"the CUDA driver answers {status.name}")
    return values[0] if values else None
