"""From the host to a device and back: tensors, and dataclasses that hold them."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any, TypeVar

import torch
from torch import Tensor

Thing = TypeVar("Thing")

HOST = torch.device("cpu")


def upload(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on a device, behind what that has to do already; nothing waits for it.

    Memory of the host is copied before this returns. On the host itself it is the tensor.
    """
    return tensor.to(device, non_blocking=device != HOST)


def download(*tensors: Tensor) -> list[Tensor]:
    """Tensors of one type and device on the host, in one copy, which is waited for."""
    if tensors[0].device == HOST:
        return list(tensors)
    flat = torch.cat([tensor.flatten() for tensor in tensors]).to(HOST)
    parts = flat.split([tensor.numel() for tensor in tensors])
    return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]


def constant(values: tuple[Any, ...], like: Tensor) -> Tensor:
    """Numbers as a tensor of another one's type, beside it; kept from call to call, so change it nowhere."""
    return _constant(values, like.dtype, like.device)


@lru_cache(maxsize=256)
def _constant(values: tuple[Any, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    with torch.inference_mode(False):
        return upload(torch.tensor(values, dtype=dtype), device)


def on_device(thing: Thing, device: torch.device, staying: Collection[str] = ()) -> Thing:
    """A dataclass with its tensors, and those of dataclasses within it, on a device.

    What was computed of it once goes along, and nothing is checked again. staying: members left where they
    are.
    """
    sent = copy(thing)
    for name, value in vars(thing).items():
        if name not in staying:
            object.__setattr__(sent, name, _sent(value, device))
    return sent


def _sent(value: Any, device: torch.device) -> Any:
    if isinstance(value, Tensor):
        return upload(value, device)
    return on_device(value, device) if is_dataclass(value) and not isinstance(value, type) else value
