"""The stretch of a program in which "cuda" is the pretend device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from objpose.raster import backends
from objpose.raster.cuda import probe
from objpose.timing import Clock
from tests.pretend_device.core import PretendCore
from tests.pretend_device.counts import Counts
from tests.pretend_device.tensor import CUDA, ELSEWHERE, PretendMode, PretendTensor, uploaded

Patch = tuple[Any, str, Callable[..., Any]]


@contextmanager
def pretend_device() -> Iterator[Counts]:
    """Counts of what is done meanwhile in this thread, by the laps of `objpose.timing.Clock`."""
    counts = Counts()
    with ExitStack() as stack:
        for owner, name, value in (*_torch(counts), *_package(counts)):
            stack.enter_context(patch.object(owner, name, value))
        stack.enter_context(PretendMode(counts))
        yield counts


def _torch(counts: Counts) -> list[Patch]:
    """What torch does without asking its dispatcher."""
    return [
        (torch.cuda, "_lazy_init", lambda: None),
        (torch.cuda, "is_available", lambda: True),
        (torch.cuda, "current_device", lambda: 0),
        (torch, "tensor", _made(counts, torch.tensor)),
        (torch, "as_tensor", _made(counts, torch.as_tensor)),
        (torch, "cdist", _cdist(counts)),
        (Tensor, "new_tensor", _new_tensor(counts)),
        (Tensor, "tolist", _told(counts, "syncs", Tensor.tolist)),
        (Tensor, "numpy", _told(counts, "mismatches", Tensor.numpy)),
        (Tensor, "__array__", _told(counts, "mismatches", Tensor.__array__)),
    ]


def _package(counts: Counts) -> list[Patch]:
    """A core for the device in place of one that would be compiled, and the names of stages."""
    from objpose.raster.meshes import stages as mesh_stages
    from objpose.raster.splats import stages as splat_stages

    core, real, needs_op, lap = PretendCore(counts), backends._backend, backends.needs_op, Clock.lap

    def backend(device_type: str, index: int) -> Any:
        return core if device_type == CUDA.type else real(device_type, index)

    def op_is_needed(*inputs: Tensor) -> bool:  # of a CUDA tensor, which is a plain one, the core is called
        return needs_op(*(t.inner if isinstance(t, PretendTensor) else t for t in inputs))

    def named(clock: Clock, name: str) -> None:
        lap(clock, name)
        counts.lap(name)

    return [
        (backends, "_backend", backend),
        (mesh_stages, "needs_op", op_is_needed),
        (splat_stages, "needs_op", op_is_needed),
        (probe, "check", lambda device_index: None),
        (Clock, "lap", named),
    ]


def _made(counts: Counts, real: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def made(data: Any, *, device: Any = None, **options: Any) -> Tensor:
        if isinstance(data, PretendTensor):
            return data.to(device=device or CUDA, **options)
        if device is None or torch.device(device).type not in ELSEWHERE:
            return real(data, device=device, **options)
        return uploaded(counts, lambda: real(data, **options))

    return made


def _new_tensor(counts: Counts) -> Callable[..., Tensor]:
    real, make = Tensor.new_tensor, torch.tensor

    def new_tensor(self: Tensor, data: Any, **options: Any) -> Tensor:
        if not isinstance(self, PretendTensor):
            return real(self, data, **options)
        return uploaded(counts, lambda: make(data, **{"dtype": self.dtype, **options}))

    return new_tensor


def _told(counts: Counts, kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def told(self: Tensor, *args: Any, **options: Any) -> Any:
        if not isinstance(self, PretendTensor):
            return real(self, *args, **options)
        counts.add(kind, real.__name__)
        return real(self.inner, *args, **options)

    return told


def _cdist(counts: Counts) -> Callable[..., Tensor]:
    real = torch.cdist  # asks for the device's type, which torch sees as "meta"

    def cdist(first: Tensor, second: Tensor, **options: Any) -> Tensor:
        ours = [isinstance(tensor, PretendTensor) for tensor in (first, second)]
        if not any(ours):
            return real(first, second, **options)
        if not all(ours):
            counts.add("mismatches", "cdist")
        counts.add("launches", "cdist")
        inner = (t.inner if isinstance(t, PretendTensor) else t for t in (first, second))
        return PretendTensor(real(*inner, **options))

    return cdist
