"""What tests make once a run, in a folder that the workers of xdist share: objects, libraries.

Objects that lie in a folder keep what is made of them there (`objpose.objects.store`): what one test file
makes of an object, its templates or its views for tracking, another one and another worker read.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

RUN = "OBJPOSE_TEST_RUN"  # the variable that names the run's folder: workers have it of their controller


def begin_run() -> None:
    """In the process that starts the workers, and before they do."""
    os.environ[RUN] = tempfile.mkdtemp(prefix="objpose-tests-")


def end_run() -> None:
    shutil.rmtree(os.environ.pop(RUN), ignore_errors=True)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the run, as `make` fills it: by one process, while the others wait."""
    from objpose.objects.locks import locked  # not above: the process that starts the workers needs no torch

    folder = Path(os.environ[RUN]) / name
    lock = folder.with_name(f"{name}.lock")
    lock.touch()
    with locked(lock):
        if not folder.exists():
            unfinished = folder.with_name(f"{name}.partial")
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
