"""Sorts of few different keys by torch, which looks at every bit: keys of two bytes where these suffice."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.raster.cuda import structures
from objpose.raster.cuda.structures import Held, held

SHORT_KEYS = 2**16


def empty_keys(count: int, kinds: int, device: torch.device) -> tuple[Tensor, Held]:
    """Room for keys 0 ... kinds, the last of which is of no kind, and what the kernels write them by."""
    first, dtype = (-(2**15), torch.int16) if kinds < SHORT_KEYS else (0, torch.int32)
    keys = torch.empty(count, dtype=dtype, device=device)
    return keys, held(structures.SortKeys, keys, keys.element_size(), first)


def sort_keys(keys: Tensor, ends: Tensor) -> Tensor:
    """Where the sorted keys stood, equals in their order; `ends` (kinds,) becomes where each kind ends."""
    first = -(2**15) if keys.dtype == torch.int16 else 0
    keys, order = keys.sort(stable=True)
    kinds = torch.arange(first, first + len(ends), dtype=keys.dtype, device=keys.device)
    torch.searchsorted(keys, kinds, right=True, out_int32=True, out=ends)
    return order
