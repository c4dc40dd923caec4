"""What tests make once a run, in a folder that the workers of xdist share, or once for many runs: objects,
libraries.

Objects that lie in a folder keep what is made of them there (`objpose.objects.store`): what one test file
makes of an object, its templates or its views for tracking, another one and another worker read.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

# The variables that name the folders of this run and of all runs: workers have them of their controller.
RUN, RUNS = "OBJPOSE_TEST_RUN", "OBJPOSE_TEST_RUNS"


def begin_run(of_all_runs: Path | None) -> None:
    """In the process that starts the workers, and before they do; None where pytest may keep nothing."""
    os.environ[RUN] = tempfile.mkdtemp(prefix="objpose-tests-")
    os.environ[RUNS] = str(of_all_runs or os.environ[RUN])


def end_run() -> None:
    shutil.rmtree(os.environ.pop(RUN), ignore_errors=True)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the run, as `make` fills it: by one process, while the others wait."""
    return _made(Path(os.environ[RUN]) / name, make)


def compiled(name: str, options: Iterable[object], files: Iterable[Path], headers: Iterable[Path]) -> Path:
    """What the C++ compiler makes of `files`: once, until they, what they include or the compiler change.

    headers: the folders in which what they include lies, which are searched for it.
    """
    command = [cxx(), *map(str, options), *(f"-I{folder}" for folder in headers), *map(str, files)]
    version = subprocess.run([cxx(), "--version"], check=True, capture_output=True).stdout
    content = hashlib.sha256(version + "\0".join(command).encode())
    for file in sorted({*files, *(file for folder in headers for file in folder.rglob("*.[ch]*"))}):
        content.update(file.read_bytes())

    def build(folder: Path) -> None:
        for older in folder.parent.glob(f"{name}-*[0-9a-f]"):
            shutil.rmtree(older)
        subprocess.run([*command, "-o", folder / name], check=True)

    return _made(Path(os.environ[RUNS]) / f"{name}-{content.hexdigest()[:16]}", build) / name


def _made(folder: Path, make: Callable[[Path], None]) -> Path:
    from objpose.objects.locks import locked  # not above: the process that starts the workers needs no torch

    lock = folder.with_name(f"{folder.name}.lock")
    lock.touch()
    with locked(lock):
        if not folder.exists():
            unfinished = folder.with_name(f"{folder.name}.partial")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def cxx() -> str:
    """The C++ compiler; without one the test is skipped."""
    found = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if found is None:
        pytest.skip("no C++ compiler to build what the test runs: install one, or set CXX")
    return found
