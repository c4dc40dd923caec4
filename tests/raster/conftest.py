"""The CUDA kernels on the CPU, for the tests of meshes and of splats."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from objpose.raster.cuda import driver, nvrtc
from tests.kept import compiled
from tests.raster.pretend_driver.fixture import built_driver, pretended  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def shim_library() -> ctypes.CDLL:
    sources = Path(__file__).parent / "shim"
    # A fortified longjmp takes the way from one fiber to another for a mistake.
    options = ["-std=c++17", "-O1", "-shared", "-fPIC", "-U_FORTIFY_SOURCE"]
    built = compiled("shim.so", options, [sources / "shim.cpp"], [nvrtc.SOURCE_FOLDER, sources])
    return ctypes.CDLL(str(built))


@pytest.fixture
def shim(shim_library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The CUDA core works on CPU tensors, its kernels run by the shim; gives their names as they run.

    What no kernel has written is not a number.
    """
    launched: list[str] = []

    def launch(kernel: str, device: torch.device, items: int, arguments: list) -> None:
        launched.append(kernel)
        pointers = (ctypes.c_void_p * len(arguments))(*(ctypes.addressof(a) for a in arguments))
        assert shim_library.launch(kernel.encode(), -(-items // driver.BLOCK), driver.BLOCK, pointers) == 0

    monkeypatch.setattr(driver, "launch", launch)
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)  # which fills what torch.empty() gives, by default
    yield launched
    torch.use_deterministic_algorithms(before)
    shim_library.run_backwards(False)


@pytest.fixture(params=[False, True], ids=["forwards", "backwards"])
def on_shim(shim: list[str], shim_library: ctypes.CDLL, request: pytest.FixtureRequest) -> list[str]:
    """Once for each order of blocks and threads: a kernel that does not wait where it must fails in one."""
    shim_library.run_backwards(request.param)
    return shim
