"""What of the core works on this machine."""

from __future__ import annotations

from objpose.raster import cpu_core


def backend_status() -> dict[str, dict[str, object]]:
    """For `objpose doctor`: {"cpu": {"available", "path", "abi_version", "error"}, "cuda": {...}}."""
    return {"cpu": _cpu_status()}


def _cpu_status() -> dict[str, object]:
    status: dict[str, object] = {"available": False, "path": str(cpu_core.library_path()), "abi_version": None, "error": None}
    try:
        status["abi_version"] = cpu_core.load().objpose_abi_version()
        status["available"] = True
    except cpu_core.CoreUnavailableError as error:
        status["error"] = str(error)
    return status
