"""Circles of known place come out of their ellipses, in whatever unit, and only if three photos show them."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.cameras.coins.circles import Circle, find_circles
from objpose.cameras.coins.ellipses import Ellipse
from objpose.cameras.scene.relative import project
from tests.cameras.photo_sets import RING, K, make_views

VIEWS = make_views(RING, 0, clutter=0)
CAMS = dict(enumerate(RING))
ANGLES = np.linspace(0, 2 * np.pi, 60, endpoint=False)


def shown(circle: Circle, scale: float = 1.0, noise: float = 0.1, seed: int = 0) -> dict[int, list[Ellipse]]:
    """As each photo would find it; scale: of the world."""
    rng, found = np.random.default_rng(seed), {}
    across = np.linalg.svd(circle.normal[None])[2][1:]
    points = circle.middle + circle.radius * np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1) @ across
    for photo, cam in CAMS.items():
        edge = project(cam, points) * K.diagonal()[:2] + K[:2, 2] + rng.normal(scale=noise, size=(60, 2))
        found[photo] = [Ellipse(edge.mean(0), np.full(2, edge.std()), 0.0, edge)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_circle_is_found_where_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    normal = np.array([0.0, 0.0, 1.0]) + 0.2 * rng.normal(size=3)
    true = Circle(0.4 * rng.normal(size=3), normal / np.linalg.norm(normal), rng.uniform(0.2, 0.5), {})
    [found] = find_circles(VIEWS, CAMS, shown(true, seed=seed))
    assert np.linalg.norm(found.middle - true.middle) < 0.02
    assert found.radius == pytest.approx(true.radius, rel=0.02)
    assert abs(found.normal @ true.normal) > 0.99
    assert len(found.shown) == len(RING)


def test_it_scales_with_the_world() -> None:
    true = Circle(np.array([0.1, -0.2, 0.0]), np.array([0.0, 0.0, 1.0]), 0.3, {})
    scaled = {photo: cam.copy() for photo, cam in CAMS.items()}
    for cam in scaled.values():
        cam[:3, 3] *= 7.0
    [found] = find_circles(VIEWS, scaled, shown(true))
    assert found.radius == pytest.approx(7.0 * true.radius, rel=0.02)


def test_of_rims_about_one_middle_the_largest_is_taken() -> None:
    rims = [Circle(np.zeros(3), np.array([0.0, 0.0, 1.0]), radius, {}) for radius in (0.2, 0.3, 0.25)]
    seen = [shown(rim) for rim in rims]
    [found] = find_circles(VIEWS, CAMS, {photo: [one[photo][0] for one in seen] for photo in CAMS})
    assert found.radius == pytest.approx(0.3, rel=0.02)


def test_ellipses_of_different_things_are_no_circle() -> None:
    rng, mixed = np.random.default_rng(3), {}
    for photo in CAMS:
        there = Circle(0.6 * rng.normal(size=3), np.array([0.0, 0.0, 1.0]), rng.uniform(0.2, 0.6), {})
        mixed[photo] = shown(there)[photo]
    assert find_circles(VIEWS, CAMS, mixed) == []
    true = Circle(np.zeros(3), np.array([0.0, 0.0, 1.0]), 0.3, {})
    two = {photo: one if photo < 2 else [] for photo, one in shown(true).items()}
    assert find_circles(VIEWS, CAMS, two) == []
