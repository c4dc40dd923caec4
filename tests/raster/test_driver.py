"""What is asked of NVIDIA's driver, and what is made of its answers: by one of our own, without a GPU."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from objpose.raster import backend_status, backends
from objpose.raster.cuda import driver, images, meshes, nvrtc, probe
from objpose.raster.cuda.driver import CudaUnavailableError, DriverError
from objpose.raster.cuda.libraries import Library

STREAM = 0x7F00_1234_5678  # needs all 64 bits
CACHES = (probe.check, driver.library, driver._context, driver._module, driver._function, backends._backend)


@pytest.fixture(scope="module")
def built_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler to build the pretended driver with: install one, or set CXX")
    path = tmp_path_factory.mktemp("driver") / "libcuda.so"
    source = Path(__file__).parent / "pretend_driver" / "libcuda.cpp"
    subprocess.run([compiler, "-std=c++17", "-shared", "-fPIC", str(source), "-o", str(path)], check=True)
    return path


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


def interpolated(device_index: int = 0) -> torch.Tensor:
    """One pixel, by a kernel on a device."""
    out = torch.empty(1)
    corners, faces = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[0, 1, 2]], dtype=torch.int32)
    pixel = (torch.zeros(1, dtype=torch.int32), torch.tensor([[0.25, 0.5]]))
    arguments = (corners, ctypes.c_int(1), faces, *pixel, 1, out)
    driver.launch_kernel("interpolate", torch.device("cuda", device_index), 1, *arguments)
    return out


def test_a_kernel_gets_its_arguments_and_torchs_stream(pretended: ctypes.CDLL) -> None:
    assert interpolated().tolist() == [2.75]
    assert pretended.pretend_stream() == STREAM


def test_nothing_is_launched_for_nothing(pretended: ctypes.CDLL) -> None:
    driver.launch_kernel("not a kernel", torch.device("cuda", 0), 0)


def test_threads_that_never_used_cuda_launch_and_are_left_as_they_were(pretended: ctypes.CDLL) -> None:
    interpolated()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(interpolated).result().tolist() == [2.75]
        assert pool.submit(pretended.pretend_depth).result() == 0
    assert pretended.pretend_depth() == 0


def test_each_device_has_its_own_context_and_module(pretended: ctypes.CDLL) -> None:
    for device_index in (0, 1, 0):
        assert interpolated(device_index).tolist() == [2.75]
        assert pretended.pretend_device() == device_index


def test_a_refused_launch_names_the_call_and_leaves_no_context(pretended: ctypes.CDLL) -> None:
    with pytest.raises(DriverError, match="cuLaunchKernel of the CUDA driver answers status 500"):
        driver.launch("not a kernel", torch.device("cuda", 0), 1, [])
    assert pretended.pretend_depth() == 0


def test_an_image_that_the_driver_does_not_take_is_named(
    pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "cached_image", lambda architecture: b"no machine code")
    with pytest.raises(CudaUnavailableError, match="cuModuleLoadData .* CUDA_ERROR_INVALID_IMAGE"):
        probe.check(0)
    assert pretended.pretend_depth() == 0


def test_what_this_machine_has_is_what_torch_finds() -> None:
    status = backend_status()["cuda"]
    assert status["available"] == torch.cuda.is_available() == (status["error"] is None)
    assert len(status["devices"]) == torch.cuda.device_count()


def test_a_device_where_a_kernel_runs_and_is_right_is_available(pretended: ctypes.CDLL) -> None:
    status = backend_status()["cuda"]
    assert status["available"] and status["error"] is None
    assert status["devices"] == {"cuda:0": None, "cuda:1": None}
    assert backends.backend_for(torch.device("cuda", 0)).meshes is meshes


def test_a_device_whose_kernels_give_wrong_numbers_is_not(
    pretended: ctypes.CDLL,
) -> None:
    doing_nothing = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 4)(lambda *_: 0)
    pretended.pretend_launch_with(doing_nothing)
    status = backend_status()["cuda"]
    assert not status["available"] and "a kernel gives" in status["error"] and "cuda:1" in status["error"]
    with pytest.warns(RuntimeWarning, match="plain torch.*a kernel gives"):
        backends.backend_for(torch.device("cuda", 0))


def test_one_good_device_of_two_is_enough(pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    def of_one_device(architecture: int) -> bytes:
        if architecture == 35:
            raise nvrtc.NvrtcError("too old")
        return b"\x7fELF"

    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: ((9, 0), (3, 5))[index])
    monkeypatch.setattr(images, "cached_image", of_one_device)
    status = backend_status()["cuda"]
    assert status["available"] and status["error"] is None
    assert status["devices"] == {"cuda:0": None, "cuda:1": "too old"}


def test_a_device_that_is_not_there_is_refused(pretended: ctypes.CDLL) -> None:
    with pytest.raises(CudaUnavailableError, match="2 CUDA devices, none of the number 2"):
        probe.check(2)


def test_torch_for_rocm_is_told_apart(pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    """There torch.cuda is available, and its devices are called cuda."""
    monkeypatch.setattr(torch.version, "hip", "6.2")
    status = backend_status()["cuda"]
    assert not status["available"] and "ROCm" in status["error"] and status["devices"] == {}


def test_torch_for_the_cpu_is_told_apart(pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(CudaUnavailableError, match="built for the CPU alone; install a CUDA build"):
        probe.check(0)


def test_a_driver_too_old_for_torch_is_told_apart(
    pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    pretended.pretend_version(12040)
    expected = (
        "for CUDA 12.4 at most, torch is built for 13.0; update the driver, or .* torch build for CUDA 12"
    )
    with pytest.raises(CudaUnavailableError, match=expected):
        probe.check(0)


def test_no_driver_is_told_apart(pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(driver, "DRIVER", "/nowhere/libcuda.so.1")
    with pytest.raises(
        CudaUnavailableError, match="no driver of NVIDIA .*/nowhere/libcuda.so.1.*; install it"
    ):
        probe.check(0)


def test_a_driver_without_a_device_is_told_apart(
    pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    answers = {"cuInit": 100}

    class NoDevice(Library):
        def status(self, name: str, *arguments: object) -> int:
            return answers.get(name) or super().status(name, *arguments)

    monkeypatch.setattr(driver, "library", lambda: NoDevice([driver.DRIVER], driver._refusal))
    with pytest.raises(CudaUnavailableError, match="no usable GPU .*cuInit.*nvidia-smi"):
        probe.check(0)
