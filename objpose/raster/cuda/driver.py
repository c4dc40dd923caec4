"""Launches the kernels on torch's current stream, through NVIDIA's driver."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.raster.constants import CUDA_TILE
from objpose.raster.cuda import images, nvrtc
from objpose.raster.cuda.libraries import DRIVER, Library
from objpose.raster.cuda.structures import Argument, Held

BLOCK = CUDA_TILE**2  # threads: one for each pixel of a tile, and enough to hide the memory's latency


class CudaUnavailableError(RuntimeError):
    """The CUDA core cannot be used; the message names the reason and the cure."""


class DriverError(RuntimeError):
    """The driver refuses a call; the message names the call and the driver's answer."""


def load(device_index: int = 0) -> None:
    """Compile the kernels, or find them in the cache, and load them into the device.

    Raises:
        CudaUnavailableError: they cannot be compiled, or the driver does not take them.
    """
    try:
        with _current(device_index):
            _module(device_index)
    except (nvrtc.NvrtcError, DriverError) as error:
        raise CudaUnavailableError(str(error)) from error


def launch_kernel(
    kernel: str,
    device: torch.device,
    items: int,
    *arguments: Argument,
) -> None:
    """Tensors go as pointers and Python integers as 64-bit integers.

    Raises:
        InputError: a tensor on another device, whose memory the kernel cannot read.
    """
    for argument in arguments:
        _check_device(kernel, device, argument)
    # Copies made here live until the launch is queued.
    tensors = [a.contiguous() if isinstance(a, Tensor) else a for a in arguments]
    launch(kernel, device, items, [_as_c(a) for a in tensors])


def _check_device(kernel: str, device: torch.device, argument: Argument) -> None:
    tensors = argument.tensors if isinstance(argument, Held) else (argument,)
    for tensor in tensors:
        if isinstance(tensor, Tensor) and tensor.device != device:
            found = f"a tensor on {tensor.device}"
            cure = f"move all tensors there with .to({str(device)!r})"
            raise InputError(f"the input of {kernel}", found, f"one on {device}", cure)


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

    A thread that has not yet used CUDA, or works on another device, gets the device's context for the launch.

    Raises:
        DriverError: the driver refuses it.
    """
    if items == 0:
        return
    index = torch.cuda.current_device() if device.index is None else device.index
    stream = ctypes.c_void_p(torch.cuda.current_stream(index).cuda_stream)
    pointers = (ctypes.c_void_p * len(arguments))(*(ctypes.addressof(argument) for argument in arguments))
    grid, block = (-(-items // BLOCK), 1, 1), (BLOCK, 1, 1)
    sizes = (ctypes.c_uint(size) for size in (*grid, *block, 0))
    with _current(index):
        call("cuLaunchKernel", _function(kernel, index), *sizes, stream, pointers, None)


def call(name: str, *arguments: object) -> None:
    """A function of the driver; raises DriverError where it does not succeed."""
    library().call(name, *arguments)


@lru_cache(maxsize=1)
def library() -> Library:
    """NVIDIA's driver; raises CudaUnavailableError where there is none."""
    try:
        return Library([DRIVER], _refusal)
    except OSError as error:
        raise CudaUnavailableError(
            f"there is no driver of NVIDIA ({error}); install it where there is such a GPU"
        ) from error


def _refusal(driver: Library, name: str, status: int) -> DriverError:
    answer = ctypes.c_char_p()
    is_known = driver.status("cuGetErrorName", ctypes.c_int(status), ctypes.byref(answer)) == 0
    known = answer.value.decode() if is_known and answer.value else f"status {status}"
    return DriverError(f"{name} of the CUDA driver answers {known}")


@contextmanager
def _current(device_index: int) -> Iterator[None]:
    """Within it, the thread's context is that of the device which torch's memory belongs to."""
    call("cuCtxPushCurrent_v2", _context(device_index))
    try:
        yield
    finally:
        call("cuCtxPopCurrent_v2", ctypes.byref(ctypes.c_void_p()))


@lru_cache
def _context(device_index: int) -> ctypes.c_void_p:
    device, context = ctypes.c_int(), ctypes.c_void_p()
    call("cuInit", ctypes.c_uint(0))
    call("cuDeviceGet", ctypes.byref(device), ctypes.c_int(device_index))
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    return context


@lru_cache
def _module(device_index: int) -> ctypes.c_void_p:
    """The kernels, loaded into the device's context, which is current."""
    major, minor = torch.cuda.get_device_capability(device_index)
    image = images.cached_image(10 * major + minor)
    module = ctypes.c_void_p()
    call("cuModuleLoadData", ctypes.byref(module), image)
    return module


@lru_cache
def _function(kernel: str, device_index: int) -> ctypes.c_void_p:
    function = ctypes.c_void_p()
    call("cuModuleGetFunction", ctypes.byref(function), _module(device_index), kernel.encode())
    return function
