"""Whether CUDA can be used, and why not: told by running a kernel; with a driver of our own, no GPU."""

from __future__ import annotations

import ctypes

import pytest
import torch

from objpose.errors import InputError
from objpose.raster import backend_status, backends
from objpose.raster.cuda import driver, images, meshes, nvrtc, probe
from objpose.raster.cuda.driver import CudaUnavailableError
from objpose.raster.cuda.libraries import Library
from objpose.raster.devices import chosen_device


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


def test_a_device_is_chosen_by_what_runs_there(
    pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch's current one, where there are several and none is named."""
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    assert [str(chosen_device(name)) for name in ("auto", "cuda", "cuda:0", "cpu")] == [
        "cuda:1",
        "cuda:1",
        "cuda:0",
        "cpu",
    ]
    with pytest.raises(InputError, match="device: found 'cuda:2': torch finds 2 CUDA devices"):
        chosen_device("cuda:2")


def test_auto_is_the_cpu_where_no_kernel_runs(
    pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.version, "hip", "6.2")
    assert chosen_device("auto") == torch.device("cpu")
    with pytest.raises(InputError, match="device: found 'cuda': torch is built for AMD's ROCm"):
        chosen_device("cuda")


def test_a_forked_child_of_a_process_that_used_cuda_is_told_so(
    pretended: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(index: int) -> tuple[int, int]:
        raise RuntimeError("Cannot re-initialize CUDA in forked subprocess")

    monkeypatch.setattr(torch.cuda, "get_device_capability", refused)
    with pytest.raises(CudaUnavailableError, match="no kernel runs on cuda:0 .*forked"):
        probe.check(0)
