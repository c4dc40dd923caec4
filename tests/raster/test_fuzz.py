"""Drawn and absurd input leaves the core standing; `make sanitize` runs much more of it under sanitizers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from objpose.raster.cpu import library
from tests.raster.fuzz import run


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drivers, linked to the core as it is installed."""
    if run.compiler() is None:
        pytest.skip("no C++ compiler to build the drivers with: install one, or set CXX")
    folder = tmp_path_factory.mktemp("fuzz")
    core = shutil.copy(library.library_path(), folder)
    run.build(folder / "fuzz", [*run.FLAGS, "-O0", f"-Wl,-rpath,{folder}"], [Path(core)])
    return folder / "fuzz"


def test_nothing_drawn_stops_the_core(driver: Path) -> None:
    done = subprocess.run([driver, "0", "60"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "seeds 0 to 59\n"
