from __future__ import annotations

import pytest

from objpose.objects import ObjectModel
from objpose.onboarding import onboard
from tests.geometry.shapes import box


@pytest.fixture(scope="package")
def model() -> ObjectModel:
    """A box whose corner is its origin."""
    mesh = box(0.1, 0.06, 0.04)
    return onboard(mesh, units="m", name="can", out=None)
