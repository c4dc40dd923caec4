"""Arrays at the public edge: numpy, nested lists or torch in, floating torch out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

ArrayLike = Tensor | np.ndarray | Sequence[Any]


def to_float_tensor(values: ArrayLike, dtype: torch.dtype | None = None) -> Tensor:
    """A floating tensor, sharing memory where it can; integers and lists become float32, or `dtype`."""
    if dtype is not None:
        return torch.as_tensor(values, dtype=dtype)
    tensor = torch.as_tensor(values)
    return tensor if tensor.is_floating_point() else tensor.to(torch.float32)
