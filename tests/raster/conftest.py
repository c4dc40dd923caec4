"""The CUDA kernels on the CPU, for the tests of meshes and of splats."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from objpose.raster.cuda import driver, nvrtc

THREADS = 64  # a block of two warps
TILE_KERNELS = ("blend_splats", "blend_splats_adjoint", "splat_normal")  # one thread a pixel of a tile
TILE_THREADS = 256


@pytest.fixture(scope="session")
def shim_library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler to build the kernels for the CPU with: install one, or set CXX")
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    sources = Path(__file__).parent / "shim"
    command = [compiler, "-std=c++17", "-O1", "-shared", "-fPIC", "-pthread", f"-I{nvrtc.SOURCE_FOLDER}"]
    subprocess.run([*command, f"-I{sources}", str(sources / "shim.cpp"), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


@pytest.fixture
def on_shim(shim_library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CUDA core works on CPU tensors, its kernels run by the shim."""

    def launch(kernel: str, device: torch.device, items: int, arguments: list) -> None:
        pointers = (ctypes.c_void_p * len(arguments))(*(ctypes.addressof(a) for a in arguments))
        threads = TILE_THREADS if kernel in TILE_KERNELS else THREADS
        assert shim_library.launch(kernel.encode(), -(-items // threads), threads, pointers) == 0

    monkeypatch.setattr(driver, "launch", launch)
