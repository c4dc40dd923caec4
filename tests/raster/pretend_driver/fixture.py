"""NVIDIA's driver pretended: a library of our own in its place, and what torch would say of it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from objpose.raster import backends
from objpose.raster.cuda import driver, images, probe
from tests.kept import compiled

STREAM = 0x7F00_1234_5678  # needs all 64 bits
CACHES = (probe.check, driver.library, driver._context, driver._module, driver._function, backends._backend)


@pytest.fixture(scope="session")
def built_driver() -> Path:
    source = Path(__file__).parent / "libcuda.cpp"
    return compiled("libcuda.so", ["-std=c++17", "-shared", "-fPIC"], [source], [])


@pytest.fixture
def pretended(
    built_driver: Path, shim_library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ctypes.CDLL]:
    """A driver with two devices, of which torch says what it would; tensors and kernels stay on the CPU."""
    told = ctypes.CDLL(str(built_driver))
    told.pretend_launch_with(shim_library.launch)
    told.pretend_version(13000)
    told.pretend_stream.restype = ctypes.c_void_p
    monkeypatch.setattr(driver, "DRIVER", str(built_driver))
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.version, "hip", None)
    says = {
        "is_available": lambda: True,
        "device_count": lambda: 2,
        "current_device": lambda: 0,
        "get_device_capability": lambda index: (9, 0),
        "current_stream": lambda index: SimpleNamespace(cuda_stream=STREAM),
    }
    for name, answer in says.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    monkeypatch.setattr(images, "cached_image", lambda architecture: b"\x7fELF")
    answer = probe._answer
    monkeypatch.setattr(probe, "_answer", lambda device: answer(torch.device("cpu")))
    for cache in CACHES:
        cache.cache_clear()
    yield told
    for cache in CACHES:
        cache.cache_clear()
