"""NVIDIA's C libraries by ctypes: their interfaces stay the same over versions of CUDA, torch and Python."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import torch

WINDOWS = sys.platform == "win32"
DRIVER = "nvcuda.dll" if WINDOWS else "libcuda.so.1"
_NVRTC_FILES = ("bin/**/nvrtc64_*.dll", "nvrtc64_*.dll") if WINDOWS else ("lib/libnvrtc*", "libnvrtc*")
_PARTS = ("builtins", ".alt.")  # of NVRTC, which it loads itself, and a second build of it


class Library:
    """A library whose functions return a status, 0 where all is well.

    Arguments are ctypes objects: a plain int would lose its upper half on the way.

    Raises:
        OSError: none of the files loads.
    """

    def __init__(self, files: Iterable[str], failure: Callable[[Library, str, int], Exception]) -> None:
        self._failure, reasons = failure, list[str]()
        for file in files:
            try:
                self._functions = ctypes.CDLL(file)
                return
            except OSError as error:
                reasons.append(str(error))
        raise OSError("; ".join(reasons))

    def status(self, name: str, *arguments: object) -> int:
        return int(getattr(self._functions, name)(*arguments))

    def call(self, name: str, *arguments: object) -> None:
        """Raises what `failure` makes of the library, the function's name and its status."""
        status = self.status(name, *arguments)
        if status != 0:
            raise self._failure(self, name, status)


def nvrtc_files() -> list[str]:
    """Where NVRTC may be: in the wheels that torch needs, beside torch's own libraries, in the system.

    That of torch's own CUDA comes first, for its code is what the driver surely runs.
    """
    major = (torch.version.cuda or "").split(".")[0]
    names = [f"nvrtc64_{major}0_0.dll"] if WINDOWS else [f"libnvrtc.so.{major}", "libnvrtc.so"]
    found = sorted(_beside_torch(), key=lambda path: (not _is_of(path, major), path.name))
    return [*(str(path) for path in found), *(names if major else [])]


def _beside_torch() -> Iterator[Path]:
    wheels = find_spec("nvidia")
    roots = [Path(root) for root in (wheels.submodule_search_locations or [] if wheels else [])]
    folders = [folder for root in roots if root.is_dir() for folder in sorted(root.iterdir())]
    for folder in (*folders, Path(torch.__file__).parent / "lib"):
        for pattern in _NVRTC_FILES:
            yield from (
                path for path in folder.glob(pattern) if not any(part in path.name for part in _PARTS)
            )


def _is_of(path: Path, major: str) -> bool:
    return major != "" and any(mark in path.name for mark in (f".so.{major}", f"nvrtc64_{major}"))
