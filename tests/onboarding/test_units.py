"""The unit of a mesh: named, declared by its file, told by its size, or by the size that a frame shows."""

from __future__ import annotations

import re

import pytest

from objpose.errors import InputError, InputWarning
from objpose.onboarding.units import METRES_PER_UNIT, metres_per_unit


@pytest.mark.parametrize(
    ("size", "units", "metres"),
    [
        (0.2, "auto", 0.2),
        (200.0, "auto", 0.2),
        (0.99, "auto", 0.99),
        (50.0, "auto", 0.05),
        (3.9, "m", 3.9),
        (8.0, "mm", 0.008),
        (20.0, "cm", 0.2),
        (8.0, "inch", 0.2032),
        (2e-4, "km", 0.2),
    ],
)
def test_named_and_plain_units(size: float, units: str, metres: float) -> None:
    assert size * metres_per_unit(size, units, "thing") == pytest.approx(metres)


@pytest.mark.parametrize(
    ("size", "units", "complaint"),
    [
        (0.2, "mm", "thing: found 0.0002 m across when read as mm, .*; say that its unit is m "),
        (200.0, "m", "thing: found 200 m across when read as m, .*; say that its unit is mm "),
        (1e6, "mm", "thing: found 1000 m across when read as mm, .*; rescale the mesh"),
        (1e6, "auto", "thing: found a diameter of 1e\\+06 units, expected .*; rescale it"),
        (9.0, "auto", "thing: found a diameter of 9, which may be mm or cm or inch, .*--units"),
        (3.5, "auto", "thing: found a diameter of 3.5, which may be cm or m or inch, .*--units"),
        (0.2, "foot", "units: found 'foot', expected one of 'auto', 'mm', 'cm', 'm', 'inch', 'km'"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_cure(size: float, units: str, complaint: str) -> None:
    with pytest.raises(InputError) as refusal:
        metres_per_unit(size, units, "thing")
    assert re.match(complaint, str(refusal.value)), str(refusal.value)


def test_a_declared_unit_is_taken_where_it_can_be_right() -> None:
    assert metres_per_unit(9.0, "auto", "thing", declared=0.01) == 0.01
    assert metres_per_unit(9.0, "mm", "thing", declared=0.01) == 0.001  # the user knows better
    with pytest.warns(InputWarning, match="200 m across in m, .*; it is read as mm"):
        assert metres_per_unit(200.0, "auto", "thing", declared=1.0) == 0.001
    with pytest.raises(InputError, match="9 m across in m"):
        metres_per_unit(9.0, "auto", "thing", declared=1.0)


@pytest.mark.parametrize("unit", ["mm", "cm", "inch"])
@pytest.mark.parametrize("shown", [1.05, 0.9, 0.6])
def test_what_a_frame_shows_decides_an_open_unit(unit: str, shown: float) -> None:
    metres = {"mm": 0.012, "cm": 0.11, "inch": 0.11}[unit]
    scale = METRES_PER_UNIT[unit]
    with pytest.warns(InputWarning, match=f"it is read as {unit}, as mask and depth show"):
        assert metres_per_unit(metres / scale, "auto", "thing", seen=shown * metres) == scale
