"""The pretend device itself: what is planted is seen, and what it computes is what the CPU computes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from objpose.raster import render_mesh
from objpose.timing import Clock
from tests.geometry.shapes import box
from tests.pretend_device import CUDA, Counts, PretendTensor, pretend_device
from tests.raster.scenes import intrinsics, random_poses

SYNCS: dict[str, Callable[[Tensor], object]] = {
    "item": lambda x: x[0].item(),
    "float": lambda x: float(x[0]),
    "branch": lambda x: 1 if x[0] > 0 else 0,
    "list": lambda x: x.tolist(),
    "nonzero": lambda x: x.nonzero(),
    "bool index": lambda x: x[x > 1],
    "unique": lambda x: x.unique(),
    "download": lambda x: x.cpu(),
    "upload that waits": lambda x: x + torch.ones(3).to(x.device),
    "numbers": lambda x: x + x.new_tensor([1.0, 2.0, 3.0]),
    "index from the host": lambda x: x[torch.tensor([0, 1])],
}
MISMATCHES: dict[str, Callable[[Tensor], object]] = {
    "sum": lambda x: x + torch.ones(3),
    "cat": lambda x: torch.cat([x, torch.zeros(1)]),
    "index of the host by the device's": lambda x: torch.arange(9)[x.long()],
    "distances": lambda x: torch.cdist(x[None], torch.ones(1, 3)),
    "numpy": lambda x: x.numpy(),
    "array": lambda x: np.asarray(x),
}
QUIET: dict[str, Callable[[Tensor], object]] = {
    "sum": lambda x: x + torch.ones(3, device=x.device),
    "number": lambda x: 2.0 * x.clamp(max=2.0),
    "upload": lambda x: x + torch.ones(3).to(x.device, non_blocking=True),
    "of no dimension": lambda x: x * torch.tensor(2.0),
    "where": lambda x: torch.where(x > 1, x, 0.0),
    "index": lambda x: x[torch.arange(2, device=x.device)],
}


def counted(work: Callable[[Tensor], object]) -> Counts:
    with pretend_device() as counts:
        x = torch.tensor([1.0, 2.0, 3.0]).to(CUDA, non_blocking=True)
        work(x)
    return counts


@pytest.mark.parametrize("name", SYNCS)
def test_a_wait_of_the_host_is_counted(name: str) -> None:
    counts = counted(SYNCS[name])
    assert (counts.total("syncs"), counts.total("mismatches")) == (1, 0), counts.lines("syncs")


@pytest.mark.parametrize("name", MISMATCHES)
def test_what_a_device_refuses_is_counted(name: str) -> None:
    assert counted(MISMATCHES[name]).total("mismatches") == 1


@pytest.mark.parametrize("name", QUIET)
def test_what_a_device_does_by_itself_is_no_wait(name: str) -> None:
    counts = counted(QUIET[name])
    assert (counts.total("syncs"), counts.total("mismatches")) == (0, 0), counts.lines("syncs")
    assert counts.total("launches") > 0


def test_what_is_there_is_not_copied_there() -> None:
    with pretend_device() as counts:
        x = torch.ones(3, device=CUDA)
        assert x.to(CUDA) is x and x.to(CUDA, torch.float32) is x and torch.as_tensor(x, device=CUDA) is x
        assert x.to(CUDA, torch.float64).dtype == torch.float64
    assert {entry[2] for entry in counts.launches} == {"aten.ones", "aten._to_copy"}
    assert (counts.total("launches"), counts.total("uploads")) == (2, 0)


def test_results_are_those_of_the_cpu_and_stay_on_the_device() -> None:
    x = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    with pretend_device():
        y = x.to(CUDA)
        y[0] = 0
        y.mul_(2).clamp_min_(-1)
        found = torch.linalg.solve_ex(y[1:].mT @ y[1:] + torch.eye(4, device=y.device), y.T)[0]
        assert isinstance(found, PretendTensor) and found.device == torch.device("cuda:0")
        back = found.cpu()
    expected = x.clone()
    expected[0] = 0
    expected.mul_(2).clamp_min_(-1)
    expected = torch.linalg.solve_ex(expected[1:].mT @ expected[1:] + torch.eye(4), expected.T)[0]
    assert type(back) is Tensor and torch.equal(back, expected)


def test_pictures_come_from_the_core_of_the_device() -> None:
    mesh, poses, K = box(0.1, 0.08, 0.06), random_poses(2), intrinsics()
    expected = render_mesh(mesh, poses, K, 96, 72, outputs=("depth", "normals"))
    with pretend_device() as counts:
        found = render_mesh(mesh.to(CUDA), poses, K, 96, 72, outputs=("depth", "normals"))
        assert isinstance(found.depth, PretendTensor)
    assert torch.equal(found.depth.inner, expected.depth)
    assert counts.total("mismatches") == 0
    assert {entry[2] for entry in counts.launches} >= {"rasterize", "face_normals"}


def test_counts_go_by_the_laps_of_the_clock() -> None:
    with pretend_device() as counts:
        clock = Clock()
        x = torch.ones(3, device=CUDA)
        clock.lap("made")
        float(x.sum())
        clock.lap("read")
    assert {entry[0] for entry in counts.launches} == {"made", "read"}
    assert {entry[0] for entry in counts.syncs} == {"read"}


def test_outside_nothing_is_pretended() -> None:
    with pretend_device():
        x = torch.ones(3, device=CUDA)
    with pytest.raises(AssertionError, match="outside"):
        x + 1
    assert torch.tensor([1.0]).numpy()[0] == 1 and not torch.cuda.is_available()
