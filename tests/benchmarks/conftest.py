"""The benchmarks are scripts: their folder goes on the path, at its end: bop_eval.py must hide no package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="package", autouse=True)
def scripts_on_path():
    sys.path.append(str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))
