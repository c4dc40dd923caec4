"""What the tests of tracking share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tracking.few_views import few_views


@pytest.fixture(scope="package", autouse=True)
def of_few_views() -> Iterator[None]:
    with few_views():
        yield
