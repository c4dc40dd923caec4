"""Something that moves otherwise is found among the matches, and nothing is where all is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.still import split_still, still_photos
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.placing.second_motion import find_second_motion, spread
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.views import View
from tests.cameras.photo_sets import (
    OPTIONS,
    RING,
    look_at_origin,
    make_problem,
    make_views,
    match_views,
    worst_error,
)

OTHER = [look_at_origin(azimuth, 30, 6.0) for azimuth in (60, 35, 15, 0)]  # further away, so in the middle


def beside(first: list[View], second: list[View]) -> list[View]:
    """Views that show the points of both."""
    return [
        replace(
            one,
            features=replace(
                one.features,
                keypoints=np.concatenate([one.features.keypoints, other.features.keypoints]),
                descriptors=np.concatenate([one.features.descriptors, other.features.descriptors], axis=1),
            ),
        )
        for one, other in zip(first, second, strict=True)
    ]


def scene(seed: int) -> list[View]:
    return make_views(RING, seed, num_points=300)


@pytest.mark.parametrize("seed", [0, 1])
def test_both_motions_are_recovered(seed: int) -> None:
    small = make_views(OTHER, seed + 50, num_points=120, clutter=0)
    problem = make_problem(beside(scene(seed), small))
    first = find_islands(problem, OPTIONS)[0][0].placement
    first = settle(problem, first.cams_from_world, OPTIONS.settle)
    assert worst_error(first.cams_from_world, RING) < 1.5
    found = find_second_motion(problem, first, OPTIONS)
    assert found is not None
    rest, second = found
    assert len(second.placement.cams_from_world) == 4
    assert worst_error(second.placement.cams_from_world, OTHER) < 2.0
    assert spread(rest, second.placement) < spread(problem, first)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nothing_moves_otherwise_where_all_is_one(seed: int) -> None:
    problem = make_problem(scene(seed))
    placement = settle(problem, dict(enumerate(RING)), OPTIONS.settle)
    assert find_second_motion(problem, placement, OPTIONS) is None


def test_twins_are_no_second_motion() -> None:
    """Two photos of one side of a thing and two of the other, which carries the same print."""
    half_turn = np.diag([-1.0, -1.0, 1.0, 1.0])
    sides = [RING[0], RING[1], RING[2] @ half_turn, RING[3] @ half_turn]
    problem = make_problem(beside(scene(0), make_views(sides, 50, num_points=120, clutter=0)))
    placement = settle(problem, dict(enumerate(RING)), OPTIONS.settle)
    assert find_second_motion(problem, placement, OPTIONS) is None


def test_a_standing_camera_is_told_from_a_moved_one() -> None:
    """What stands still is split from what moves; noise of half a pixel leaves it still."""
    before = make_views([RING[0]] * 4, 3, num_points=300)
    views = beside(before, make_views(OTHER, 50, num_points=120, clutter=0))
    matches, options = match_views(views), PairOptions()
    assert still_photos(views, matches, options) == {0, 1, 2, 3}
    still, moving = split_still(views, matches, {0, 1, 2, 3})
    backgrounds = len(before[0].features)
    for pair, found in moving.items():
        assert (found.indices >= backgrounds).mean() > 0.8
        assert (still[pair].indices < backgrounds).mean() > 0.9
    assert still_photos(scene(0), match_views(scene(0)), options) == set()
    two = [before[0], before[1], *scene(0)[2:]]
    assert still_photos(two, match_views(two), options) == set(), "two photos from one place are no group"
