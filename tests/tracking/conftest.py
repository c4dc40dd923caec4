"""What the tests of tracking share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from objpose.tracking.view_points import view_points

VIEWS = 320  # some 11 degrees apart: made in a second


@pytest.fixture(scope="package", autouse=True)
def few_views() -> Iterator[None]:
    """Of objects that are tracked here, and here alone: the store knows them by their number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("objpose.tracking.views.COUNT", VIEWS)
        patch.setattr("objpose.tracking.views.view_points", lambda mesh: view_points(mesh, VIEWS))
        yield
