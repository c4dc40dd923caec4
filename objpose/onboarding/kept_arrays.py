"""What is made of an object at first use, in a file of arrays that says of which object and with what."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from objpose.io import atomic_path


def read_kept(path: Path, content: str, made_with: str) -> dict[str, Tensor] | None:
    """The arrays of a file by name; None where it is absent, damaged, or of another object or maker."""
    try:
        with safe_open(path, framework="pt") as file:
            if file.metadata() != {"object": content, "made_with": made_with}:
                return None
            names = file.keys()  # the file is no mapping: it cannot be iterated
            return {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError):
        return None


def keep(path: Path, content: str, made_with: str, arrays: dict[str, Tensor]) -> None:
    """Write such a file, whole or not at all. Raises OSError or InputError where it cannot be written."""
    with atomic_path(path) as fresh:
        save_file(arrays, fresh, metadata={"object": content, "made_with": made_with})
        fresh.chmod(0o644)  # safetensors makes it private


def owner(path: Path) -> str | None:
    """The content of the object that a kept file was made of; None for any other file."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("object")
    except (OSError, SafetensorError):
        return None
