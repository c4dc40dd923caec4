"""What is asked of NVIDIA's driver, and what is made of its answers: by one of our own, without a GPU."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from unittest.mock import patch

import pytest
import torch

from objpose.errors import InputError
from objpose.raster.cuda import driver, images, probe
from objpose.raster.cuda.driver import CudaUnavailableError, DriverError
from objpose.raster.cuda.structures import Pyramid, held
from tests.raster.pretend_driver.fixture import STREAM

LAUNCH = driver.launch


def interpolated(device_index: int = 0) -> torch.Tensor:
    """One pixel, by a kernel on a device."""
    out, here = torch.empty(1), torch.device("cpu")
    corners, faces = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[0, 1, 2]], dtype=torch.int32)
    pixel = (torch.zeros(1, dtype=torch.int32), torch.tensor([[0.25, 0.5]]))
    arguments = (corners, ctypes.c_int(1), faces, *pixel, 1, out)
    with patch.object(driver, "launch", partial(launched_on, device_index)):  # though all lie on the CPU
        driver.launch_kernel("interpolate", here, 1, *arguments)
    return out


def launched_on(device_index: int, kernel: str, _: torch.device, items: int, arguments: list) -> None:
    LAUNCH(kernel, torch.device("cuda", device_index), items, arguments)


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


@pytest.mark.parametrize("within", [False, True])
def test_a_tensor_on_another_device_is_refused_before_the_launch(
    pretended: ctypes.CDLL, within: bool
) -> None:
    """Also where a structure points to it."""
    elsewhere = torch.empty(3, device="meta")
    texels, sizes = torch.empty(1, 3, dtype=torch.uint8), torch.ones(1, 2, dtype=torch.int32)
    argument = held(Pyramid, elsewhere, sizes, 1) if within else elsewhere
    with pytest.raises(
        InputError, match="the input of interpolate: found a tensor on meta, expected one on cpu"
    ):
        driver.launch_kernel("interpolate", texels.device, 1, texels, argument)


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
