"""The content of things in few letters: what is the same has the same digest, whatever it is called."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from torch import Tensor

BYTES = 16  # two things of one digest: never, in practice


def digest(arrays: Mapping[str, Tensor | np.ndarray | None], words: str = "") -> str:
    """Letters and digits that tell arrays of these names and contents, and `words`, from any others."""
    found = hashlib.blake2b(words.encode(), digest_size=BYTES)
    for name in sorted(arrays):
        values = arrays[name]
        if values is None:
            continue
        values = np.ascontiguousarray(values.detach().cpu().numpy() if isinstance(values, Tensor) else values)
        found.update(f"|{name} {values.dtype.str} {values.shape}|".encode())
        found.update(values.reshape(-1).view(np.uint8).data)
    return found.hexdigest()
