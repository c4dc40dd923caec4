"""Views turned in their plane, matched cell by cell, and laid onto each other: what must come out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from objpose.geometry import SE3, SO3
from objpose.reference.described import matched_cells
from objpose.reference.laid_onto import laid_onto, places
from objpose.reference.look import ROLLS, Look, look_at
from objpose.reference.picture import picture_of
from objpose.reference.relief import relief_of
from tests.synthetic import MESHES, make_scene

ASLANT = SO3.exp(torch.tensor([0.6, -0.5, 0.2]))
FIRST = SE3.from_rotation_translation(ASLANT, torch.tensor([0.02, 0.01, 0.4]))
QUARTER = 3  # of the twelve ways round


def look_of(turn: SO3) -> Look:
    scene = make_scene(
        MESHES["printed_box"](), SE3.from_rotation_translation(turn @ ASLANT, FIRST.translation)
    )
    return look_at(scene.frame, scene.mask, 256)


@pytest.fixture(scope="module")
def looks() -> tuple[Look, Look]:
    """One, and the same after a quarter turn of the thing about the camera's axis."""
    return look_of(SO3.identity()), look_of(SO3.exp(torch.tensor([0.0, 0.0, np.pi / 2])))


@pytest.mark.parametrize("roll", [0.0, 0.4, 2.0, -1.1])
def test_a_picture_holds_the_thing_at_one_size_and_knows_where_its_pixels_are(roll: float):
    mask = np.zeros((90, 120), dtype=bool)
    mask[20:60, 30:100] = True
    rgb = np.zeros((90, 120, 3), dtype=np.uint8)
    rgb[45, 72] = 255
    picture = picture_of(rgb, mask, 64, 0.75, roll)
    rows, columns = np.nonzero(picture.mask.numpy())
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    assert abs(longest - 0.75 * 64) <= 2
    spot = picture.from_view(np.array([[72.0, 45.0]]))
    assert np.allclose(picture.in_view(spot), [[72.0, 45.0]])
    brightest = np.unravel_index(int((picture.image.mean(0) * picture.mask).argmax()), (64, 64))
    assert np.abs(spot[0, ::-1] - brightest).max() < 1.5


def test_of_the_ways_round_the_right_one_matches_best_and_in_place(looks: tuple[Look, Look]):
    one, other = looks
    found = [matched_cells(one.upright, turned) for turned in other.turned]
    best = int(np.argmax([matches.alike for matches in found]))
    assert best == QUARTER
    seen = found[best].first - found[best].first.mean(0)
    turned = np.stack([-seen[:, 1], seen[:, 0]], axis=1)  # a quarter turn of pixels, x to y
    there = found[best].second - found[best].second.mean(0)
    scale = np.sqrt((there**2).sum() / (seen**2).sum())
    off = np.linalg.norm(scale * turned - there, axis=1) / other.size
    assert np.median(off) < 0.02 and len(off) > 30


def test_where_matches_are_expected_they_are_found(looks: tuple[Look, Look]):
    one = looks[0]
    cells = matched_cells(one.upright, one.upright, one.upright.places)
    assert len(cells.first) == len(one.upright.cells)
    assert np.linalg.norm(cells.first - cells.second, axis=1).max() < 0.02 * one.size


def test_a_view_laid_onto_itself_agrees_and_less_so_when_moved_or_deeper(looks: tuple[Look, Look]):
    one = looks[0]
    relief = relief_of(one, places(one))
    points = relief.points(one.rays(places(one)), np.zeros(0))
    same = laid_onto(one, one, points, relief.is_known, 1.0, relief.unit)
    assert min(same.alike, same.light) > 0.98 and same.inside > 0.97 and same.level > 0.9
    aside = laid_onto(one, one, points + [0.5 * one.radius, 0, 0], relief.is_known, 1.0, relief.unit)
    assert aside.inside < 0.9 and aside.alike < same.alike and aside.light < same.light
    beyond = laid_onto(one, one, points * 1.1, relief.is_known, 1.0, relief.unit)
    assert beyond.level < 0.1 and beyond.alike > 0.98


def test_what_a_thing_would_turn_away_is_not_compared(looks: tuple[Look, Look]):
    one = looks[0]
    points = relief_of(one, places(one)).points(one.rays(places(one)), np.zeros(0))
    mirrored = points * [-1.0, 1.0, 1.0]  # every place seen from behind
    known = np.ones(len(points), dtype=bool)
    assert laid_onto(one, one, mirrored, known, 1.0, None).inside == 0.0


def test_places_are_turned_as_the_views_are(looks: tuple[Look, Look]):
    here = np.random.default_rng(0).uniform(-50, 50, (20, 2))
    for index, roll in enumerate(ROLLS):
        axes = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        assert looks[1].turned_as(here, here @ axes.T + 7.0) is looks[1].turned[index]
