"""What is made of an object at first use, in a file of arrays that says of which object and with what."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from objpose.errors import InputError
from objpose.io import atomic_path

# RuntimeError: torch's, for a file that another process takes away between safetensors' two looks at it.
UNREADABLE = (OSError, SafetensorError, RuntimeError)


def read_kept(path: Path, content: str, made_with: str) -> dict[str, Tensor] | None:
    """The arrays of a file by name; None where it is absent, damaged, or of another object or maker."""
    try:
        with safe_open(path, framework="pt") as file:
            if file.metadata() != {"object": content, "made_with": made_with}:
                return None
            names = file.keys()  # the file is no mapping: it cannot be iterated
            return {name: file.get_tensor(name) for name in names}
    except UNREADABLE:
        return None


def keep(path: Path, content: str, made_with: str, arrays: dict[str, Tensor]) -> None:
    """Write such a file, whole or not at all; raises InputError where it cannot be written."""
    write_arrays(path, arrays, {"object": content, "made_with": made_with})


def write_arrays(path: Path, arrays: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write a file of arrays, whole or not at all; raises InputError where it cannot be written."""
    try:
        with atomic_path(path) as fresh:
            save_file({name: values.contiguous() for name, values in arrays.items()}, fresh, metadata)
            fresh.chmod(0o644)  # safetensors makes it private
    except (OSError, SafetensorError) as error:  # it has errors of its own for a full disk
        size = sum(values.nbytes for values in arrays.values()) / 2**20
        cure = "make room, or choose another place"
        raise InputError(path, error, f"a file of {size:.1f} MB to be written", cure) from error


def owner(path: Path) -> str | None:
    """The content of the object that a kept file was made of; None for any other file."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("object")
    except UNREADABLE:
        return None
