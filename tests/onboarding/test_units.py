"""Metres or millimetres, by size."""

from __future__ import annotations

import re

import pytest

from objpose.errors import InputError
from objpose.onboarding.units import mesh_in_metres
from tests.geometry.shapes import box

# A box with edges 2, 3, 6 has a diameter of 7.
UNIT = box(2 / 7, 3 / 7, 6 / 7)


@pytest.mark.parametrize(
    ("size", "units", "metres"),
    [
        (0.2, "auto", 0.2),
        (200.0, "auto", 0.2),
        (3.9, "auto", 3.9),
        (8.0, "auto", 0.008),
        (0.2, "m", 0.2),
        (200.0, "mm", 0.2),
    ],
)
def test_the_mesh_comes_out_in_metres(size: float, units: str, metres: float) -> None:
    mesh = mesh_in_metres(UNIT.scaled(size), units, "thing")
    assert mesh.diameter() == pytest.approx(metres, rel=1e-5)


@pytest.mark.parametrize(
    ("size", "units", "complaint"),
    [
        (0.2, "mm", "thing: found 0.0002 m across when read as mm, .*; say that its unit is m "),
        (200.0, "m", "thing: found 200 m across when read as m, .*; say that its unit is mm "),
        (1e6, "mm", "thing: found 1000 m across when read as mm, .*; rescale the mesh"),
        (1e6, "auto", "thing: found a diameter of 1e\\+06 units, neither .*; rescale the mesh"),
        (1e-4, "auto", "thing: found a diameter of 0.0001 units, neither .*; rescale the mesh"),
        (0.2, "inch", "units: found 'inch', expected 'auto', 'mm' or 'm'"),
    ],
)
def test_an_implausible_size_is_refused_with_the_cure(size: float, units: str, complaint: str) -> None:
    with pytest.raises(InputError) as refusal:
        mesh_in_metres(UNIT.scaled(size), units, "thing")
    assert re.match(complaint, str(refusal.value)), str(refusal.value)
