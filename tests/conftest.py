"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything loads torch: waiting threads that spin slow a busy machine down tenfold.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests import kept  # noqa: E402

# The same examples in every run: what fails for one fails for all.
settings.register_profile("seeded", derandomize=True)
settings.load_profile("seeded")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real test data, in OBJPOSE_DATA or beside the repository; skips where it is absent."""
    folder = Path(os.environ.get("OBJPOSE_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no test data in {folder}: set OBJPOSE_DATA to its folder")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        kept.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        kept.end_run()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("slow")
        if mark and not mark.args:
            raise pytest.UsageError(f'{item.nodeid}: slow without a reason: @pytest.mark.slow("why")')
