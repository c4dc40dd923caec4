"""What is made of an object at first use, kept in its folder: a file of arrays, and what they depend on."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from objpose.io import atomic_path


def read_kept(path: Path, made_with: str) -> dict[str, Tensor] | None:
    """The arrays of a file by name; None where it is absent, damaged or was made with something else."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("made_with") != made_with:
                return None
            names = file.keys()  # the file is no mapping: it cannot be iterated
            return {name: file.get_tensor(name) for name in names}
    except SafetensorError:
        return None


def keep(path: Path, made_with: str, arrays: dict[str, Tensor]) -> None:
    """Write such a file, whole or not at all; a folder that cannot be written is left alone."""
    if os.access(path.parent, os.W_OK):
        with atomic_path(path) as fresh:
            save_file(arrays, fresh, metadata={"made_with": made_with})
            fresh.chmod(0o644)  # safetensors makes it private
