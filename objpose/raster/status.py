"""What of the core works on this machine."""

from __future__ import annotations

import torch

from objpose.raster.cpu import library
from objpose.raster.cuda import images, nvrtc, probe
from objpose.raster.cuda.driver import CudaUnavailableError


def backend_status() -> dict[str, dict[str, object]]:
    """For `objpose doctor`; an error is None where all is well.

    {"cpu": {"available", "path", "abi_version", "error"},
     "cuda": {"available", "nvrtc", "cache", "devices", "error"}}. Of CUDA, "nvrtc" is the compiler's version
    or None, "cache" the folder of compiled kernels or None, and "devices" says of each device why it cannot
    be used, None where a kernel ran on it and gave the right answer. One such device makes CUDA available.
    """
    return {"cpu": _cpu_status(), "cuda": _cuda_status()}


def _cpu_status() -> dict[str, object]:
    version, error = None, None
    try:
        version = library.load().objpose_abi_version()
    except library.CoreUnavailableError as failure:
        error = str(failure)
    path = str(library.library_path())
    return {"available": error is None, "path": path, "abi_version": version, "error": error}


def _cuda_status() -> dict[str, object]:
    absence = probe.absence()
    devices = {} if absence else {f"cuda:{i}": _fault_of(i) for i in range(torch.cuda.device_count())}
    available = None in devices.values()
    error = None if available else absence or "; ".join(f"{name}: {why}" for name, why in devices.items())
    folder = images.cache_folder()
    cache = None if folder is None else str(folder)
    found = {"available": available, "nvrtc": _nvrtc_version(), "cache": cache, "devices": devices}
    return {**found, "error": error}


def _fault_of(device_index: int) -> str | None:
    try:
        probe.check(device_index)
    except CudaUnavailableError as failure:
        return str(failure)
    return None


def _nvrtc_version() -> str | None:
    try:
        return ".".join(str(part) for part in nvrtc.version())
    except nvrtc.NvrtcError:
        return None
