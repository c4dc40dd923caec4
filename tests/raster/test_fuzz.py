"""Drawn and absurd input leaves the core standing; `make sanitize` runs much more of it under sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from objpose.raster.cpu import library
from tests.kept import compiled
from tests.raster.fuzz import run


@pytest.fixture(scope="module")
def driver() -> Path:
    """The drivers, linked to the core as it is installed."""
    core = library.library_path()
    options = [*run.FLAGS, "-O0", f"-Wl,-rpath,{core.parent}"]
    return compiled("fuzz", options, [*sorted(run.FOLDER.glob("*.cpp")), core], [run.SOURCES, run.FOLDER])


def test_nothing_drawn_stops_the_core(driver: Path) -> None:
    done = subprocess.run([driver, "0", "60"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "seeds 0 to 59\n"
