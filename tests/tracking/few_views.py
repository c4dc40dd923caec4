"""Objects that are tracked in tests have few views: 11 degrees apart, made in a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from objpose.tracking.view_points import view_points

VIEWS = 320


@contextmanager
def few_views() -> Iterator[None]:
    """Meanwhile; the store knows such views by their number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("objpose.tracking.views.COUNT", VIEWS)
        patch.setattr("objpose.tracking.views.view_points", lambda mesh: view_points(mesh, VIEWS))
        yield
