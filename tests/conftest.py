"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import os
from pathlib import Path

# Before anything loads torch: waiting threads that spin slow a busy machine down tenfold.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
if "PYTEST_XDIST_WORKER" in os.environ:  # there is a worker for every core: tests of threads ask for more
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests import kept  # noqa: E402

# The same examples in every run: what fails for one fails for all.
settings.register_profile("seeded", derandomize=True)
settings.load_profile("seeded")

REPOSITORY = Path(__file__).resolve().parent.parent
# Files of few, long tests: first, so that the workers end together.
LONG = tuple(f"tests/{one}/" for one in ("examples", "benchmarks", "cli", "reference", "cameras", "poses"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real test data, in OBJPOSE_DATA or beside the repository; skips where it is absent."""
    folder = Path(os.environ.get("OBJPOSE_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no test data in {folder}: set OBJPOSE_DATA to its folder")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        kept.begin_run(config.cache.mkdir("compiled") if hasattr(config, "cache") else None)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        kept.end_run()


def pytest_collection_finish() -> None:
    """What libraries and tests consist of stays: no later collection of garbage looks through it."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("slow")
        if mark and not mark.args:
            raise pytest.UsageError(f'{item.nodeid}: slow without a reason: @pytest.mark.slow("why")')
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
