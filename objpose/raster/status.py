"""What of the core works on this machine."""

from __future__ import annotations

import torch

from objpose.raster.cpu import library
from objpose.raster.cuda import driver, nvrtc


def backend_status() -> dict[str, dict[str, object]]:
    """For `objpose doctor`; an error is None where all is well.

    {"cpu": {"available", "path", "abi_version", "error"},
     "cuda": {"available", "nvrtc", "cache", "error"}}; "nvrtc" is its version, or None.
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
    nvrtc_version, error = None, None
    try:
        nvrtc_version = ".".join(str(part) for part in nvrtc.version())
        driver.load(torch.cuda.current_device() if torch.cuda.is_available() else 0)
    except (nvrtc.NvrtcError, driver.CudaUnavailableError) as failure:
        error = str(failure)
    cache = str(nvrtc.cache_folder())
    return {"available": error is None, "nvrtc": nvrtc_version, "cache": cache, "error": error}
