"""The tensor that claims to be on cuda:0, and how torch's operations run on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from tests.pretend_device.counts import Counts
from tests.pretend_device.operations import INDEXED, SYNCING, is_free

CUDA = torch.device("cuda", 0)
ELSEWHERE = ("cuda", "meta")  # device types of what lies on the pretend device: torch itself sees "meta"


class PretendTensor(Tensor):
    """A tensor on the pretend device; `inner` is the CPU tensor that it wraps."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> PretendTensor:
        shape = {"strides": inner.stride(), "storage_offset": inner.storage_offset()}
        wrapper = torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), **shape, dtype=inner.dtype, device="meta", requires_grad=False
        )
        wrapper.inner = inner
        return wrapper

    __torch_function__ = torch._C._disabled_torch_function_impl
    device = property(lambda self: CUDA)
    is_cuda = property(lambda self: True)
    is_cpu = property(lambda self: False)
    is_meta = property(lambda self: False)

    def __repr__(self, **_: Any) -> str:
        return f"PretendTensor({tuple(self.shape)}, {self.dtype})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} of a pretend tensor outside of pretend_device()")


class PretendMode(TorchDispatchMode):
    """Runs every operation; those that touch the pretend device are counted."""

    def __init__(self, counts: Counts):
        super().__init__()
        self.counts = counts

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        flat, _ = tree_flatten((args, kwargs))
        ours = [value for value in flat if isinstance(value, PretendTensor)]
        theirs = [
            value for value in flat if isinstance(value, Tensor) and not isinstance(value, PretendTensor)
        ]
        wanted = kwargs.get("device")
        to_device = wanted is not None and torch.device(wanted).type in ELSEWHERE
        if not ours and not to_device:
            return func(*args, **kwargs)
        name = func._schema.name.replace("::", ".")
        if name == "aten._to_copy" and ours and to_device and kwargs.get("dtype") in (None, ours[0].dtype):
            return ours[0]  # it is there: torch asks because it sees another device
        if to_device:
            kwargs["device"] = torch.device("cpu")
        on_device = self._counted(name, args, kwargs, ours, theirs, wanted is None or to_device)
        found = func(*unwrapped(args), **unwrapped(kwargs))
        return found if name == "aten._local_scalar_dense" else wrapped(found, ours, on_device)

    def _counted(
        self, name: str, args: Any, kwargs: Any, ours: list[Any], theirs: list[Tensor], stays: bool
    ) -> bool:
        """Count an operation; whether its result is on the device."""
        if name == "aten._to_copy":
            return self._copied(bool(ours), stays, kwargs.get("non_blocking", False))
        if name == "aten.copy_":
            to_device, blocking = isinstance(args[0], PretendTensor), not _third(args, kwargs)
            if isinstance(args[1], PretendTensor) != to_device and args[1].numel():
                self._copied(not to_device, to_device, not blocking)
                return to_device
        wrong = [value for value in theirs if value.ndim > 0]
        if name in INDEXED and isinstance(args[0], PretendTensor):
            wrong = self._indexed(name, args)
        if wrong and ours and not name.startswith("aten.new_"):
            self.counts.add("mismatches", name)
        if ours and name in SYNCING:
            self.counts.add("syncs", name)
        if not is_free(name):
            self.counts.add("launches", name)
        return stays

    def _copied(self, from_device: bool, to_device: bool, non_blocking: bool) -> bool:
        if from_device and to_device:
            self.counts.add("launches", "aten._to_copy")
        elif from_device:
            self.counts.add("syncs", "download")
        else:
            self.counts.add("uploads", "upload")
            if not non_blocking:
                self.counts.add("syncs", "upload that waits")
        return to_device

    def _indexed(self, name: str, args: Any) -> list[Tensor]:
        """Count what indices cost; the values to be put that lie elsewhere."""
        indices = [index for index in tree_flatten(args[1])[0] if isinstance(index, Tensor)]
        if any(not isinstance(index, PretendTensor) for index in indices):
            self.counts.add("uploads", "index")
            self.counts.add("syncs", "index uploaded")
        if any(index.dtype in (torch.bool, torch.uint8) for index in indices):
            self.counts.add("syncs", "bool index")
        values = args[2] if name != "aten.index" and len(args) > 2 else None
        is_wrong = isinstance(values, Tensor) and not isinstance(values, PretendTensor) and values.ndim > 0
        return [values] if is_wrong else []


def _third(args: Any, kwargs: Any) -> bool:
    return bool(args[2] if len(args) > 2 else kwargs.get("non_blocking", False))


def unwrapped(tree: Any) -> Any:
    return tree_map(lambda value: value.inner if isinstance(value, PretendTensor) else value, tree)


def wrapped(tree: Any, ours: list[PretendTensor], on_device: bool) -> Any:
    """The results: a tensor that was changed in place is the one that was given."""
    known = {id(tensor.inner): tensor for tensor in ours}

    def wrap(value: Any) -> Any:
        if not isinstance(value, Tensor) or isinstance(value, PretendTensor):
            return value
        if id(value) in known:
            return known[id(value)]
        return PretendTensor(value) if on_device else value

    return tree_map(wrap, tree)


def uploaded(counts: Counts, make: Callable[[], Tensor]) -> PretendTensor:
    """A tensor made of numbers of the host, as torch.tensor does: it waits."""
    counts.add("uploads", "numbers")
    counts.add("syncs", "numbers uploaded")
    return PretendTensor(make())
