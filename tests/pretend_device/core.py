"""The pretend device's core: the CPU's stages on the tensors within, counted as the CUDA core's launches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_flatten

from objpose.raster import cpu
from tests.pretend_device.counts import Counts
from tests.pretend_device.tensor import PretendTensor, unwrapped, wrapped

# Of the stages of objpose/raster/cuda that take more than one launch: with what torch does in between.
LAUNCHES = {
    "rasterize": 4,
    "blend_splats": 10,
    "blend_splats_adjoint": 13,
    "splat_normal_equations": 16,
    "shade_splats_slopes": 2,
}
SYNCING = {"blend_splats", "blend_splats_adjoint", "splat_normal_equations"}  # how many pairs are there?


class PretendCore:
    """As `backend_for` gives: rooms of stages."""

    def __init__(self, counts: Counts):
        self.meshes, self.splats = _Room(cpu.meshes, counts), _Room(cpu.splats, counts)
        self.drawn, self.registration = _Room(cpu.drawn, counts), _Room(cpu.registration, counts)
        self.steps = _Room(cpu.steps, counts)


class _Room:
    def __init__(self, stages: ModuleType, counts: Counts):
        self._stages, self._counts = stages, counts

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(_run, self._counts, name, getattr(self._stages, name))


def _run(counts: Counts, name: str, stage: Callable[..., Any], *args: Any) -> Any:
    tensors = [value for value in tree_flatten(args)[0] if isinstance(value, Tensor)]
    ours = [tensor for tensor in tensors if isinstance(tensor, PretendTensor)]
    if len(ours) < len(tensors):
        counts.add("mismatches", name)
    counts.add("launches", name, LAUNCHES.get(name, 1))
    if name in SYNCING:
        counts.add("syncs", name)
    return wrapped(stage(*unwrapped(args)), ours, on_device=True)
