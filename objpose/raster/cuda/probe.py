"""Whether the kernels run on a device: found by running one."""

from __future__ import annotations

import ctypes
from functools import lru_cache

import torch

from objpose.raster.cuda import driver, meshes
from objpose.raster.cuda.driver import CudaUnavailableError, DriverError

# Two pixels: a point of a triangle, and nothing. All numbers are exact in float32.
_CORNERS, _BARY, _EXPECTED = [[1.0], [2.0], [4.0]], [[0.25, 0.5], [0.0, 0.0]], [2.75, 0.0]


@lru_cache
def check(device_index: int) -> None:
    """Compile the kernels, load them, launch one and look at its answer; once for a device where all is well.

    Raises:
        CudaUnavailableError: names what fails and the cure.
    """
    reason = absence()
    if reason is not None:
        raise CudaUnavailableError(reason)
    count = torch.cuda.device_count()
    if device_index >= count:
        raise CudaUnavailableError(f"torch finds {count} CUDA devices, none of the number {device_index}")
    try:
        driver.load(device_index)
        found = _answer(torch.device("cuda", device_index))
    except CudaUnavailableError:
        raise
    except RuntimeError as error:  # of torch, or of the driver
        raise CudaUnavailableError(f"no kernel runs on cuda:{device_index} ({error})") from error
    if found != _EXPECTED:
        raise CudaUnavailableError(
            f"a kernel gives {found} on cuda:{device_index}, not {_EXPECTED}; please report it"
        )


def absence() -> str | None:
    """Why torch has no NVIDIA device here, and the cure; None where it has one."""
    if torch.version.hip is not None:
        return "torch is built for AMD's ROCm, where the kernels do not run; use the CPU"
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built for the CPU alone; install a CUDA build of torch"
    return None if torch.cuda.is_available() else f"torch finds no CUDA device: {_driver_fault()}"


def _driver_fault() -> str:
    try:
        supported, wanted = _driver_cuda(), str(torch.version.cuda)
        if int(supported.split(".")[0]) < int(wanted.split(".")[0]):
            return (
                f"NVIDIA's driver is for CUDA {supported} at most, torch is built for {wanted}; update the "
                f"driver, or install a torch build for CUDA {supported.split('.')[0]}"
            )
        driver.call("cuInit", ctypes.c_uint(0))
        torch.cuda.init()
    except DriverError as error:
        return f"the driver finds no usable GPU ({error}); see nvidia-smi, and CUDA_VISIBLE_DEVICES"
    except (RuntimeError, AssertionError) as error:  # torch's own, and that of a driver which is not there
        return str(error)
    return "and the driver works; see torch.cuda.is_available()"


def _driver_cuda() -> str:
    """The newest CUDA that the driver knows."""
    version = ctypes.c_int()
    driver.call("cuDriverGetVersion", ctypes.byref(version))
    return f"{version.value // 1000}.{version.value % 1000 // 10}"


def _answer(device: torch.device) -> list[float]:
    faces = torch.tensor([[0, 1, 2]], dtype=torch.int32, device=device)
    face_ids = torch.tensor([[[0, -1]]], dtype=torch.int32, device=device)
    bary = torch.tensor([[_BARY]], device=device)
    image = meshes.interpolate(torch.tensor(_CORNERS, device=device), faces, face_ids, bary)
    return [float(number) for number in image.flatten().tolist()]
