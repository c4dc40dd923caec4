"""What photos miss is said; photos from all around miss nothing."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.geometry import SE3, SO3
from objpose.onboarding.photo_advice import views_advice, widest_gap

CENTRE = torch.tensor([0.3, -0.2, 0.5])
WORLD = SE3.from_rotation_translation(SO3.exp(torch.tensor([0.4, -1.0, 0.7])), torch.tensor([1.0, 2.0, 3.0]))


def upright(azimuth: float, elevation: float) -> SE3:
    """A camera two units from the centre that looks at it, z up, in degrees."""
    a, e = math.radians(azimuth), math.radians(elevation)
    forward = -torch.tensor([math.cos(a) * math.cos(e), math.sin(a) * math.cos(e), math.sin(e)])
    right = torch.tensor([math.sin(a), -math.cos(a), 0.0])
    rotation = torch.stack([-right, torch.linalg.cross(forward, -right), forward])
    return SE3.from_rotation_translation(rotation, -rotation @ (CENTRE - 2 * forward))


def ring(azimuths: list[float], *elevations: float) -> tuple[SE3, list[str]]:
    places = [(azimuth, elevation) for elevation in elevations for azimuth in azimuths]
    return SE3.stack([upright(*place) for place in places]), [f"{a}_{e}.jpg" for a, e in places]


def said(cam_from_obj: SE3, names: list[str]) -> list[str]:
    return views_advice(cam_from_obj, names, CENTRE)


def test_photos_from_all_around_miss_nothing():
    assert said(*ring(list(range(0, 360, 45)), -40.0, 10.0, 60.0)) == []


def test_a_ring_misses_bottom_and_top_whatever_frame_it_is_given_in():
    cams, names = ring(list(range(0, 360, 45)), 20.0)
    below, above = said(cams, names)
    assert "below" in below and "20 degrees" in below and "above" in above
    moved = views_advice(cams @ WORLD.inverse(), names, WORLD.apply(CENTRE))
    assert moved == [below, above]


@pytest.mark.parametrize("shift", [0, 130, 290])
def test_a_gap_is_named_by_the_photos_beside_it(shift: int):
    azimuths = [(shift + angle) % 360 for angle in range(0, 241, 40)]
    *_, gap = said(*ring(azimuths, -40.0, 60.0))
    assert "120 degrees" in gap
    assert {word.split("_")[0] for word in gap.split() if ".jpg" in word} == {
        str((shift + 240) % 360),
        str(shift),
    }


@pytest.mark.parametrize("shift", [0, 130])
def test_the_widest_gap_is_that_of_the_side_without_views(shift: int):
    half, _ = ring([shift + a for a in (0, 40, 80, 120)], 20.0)
    assert widest_gap(half, CENTRE) == pytest.approx(240.0, abs=0.1)
    assert widest_gap(half @ WORLD.inverse(), WORLD.apply(CENTRE)) == pytest.approx(240.0, abs=0.1)
    assert widest_gap(ring(list(range(0, 360, 60)), 20.0)[0], CENTRE) == 0.0
    assert widest_gap(ring([0, 90], 89.0)[0], CENTRE) == 360.0
