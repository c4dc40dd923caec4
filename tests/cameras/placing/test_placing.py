"""Many photos: adjustment, growth, review, islands."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.problem import pose_problem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.placing.review import review
from objpose.cameras.placing.settle import settle
from objpose.cameras.placing.starts import grow_from_starts
from objpose.geometry.rigid_matrices import rigid_matrix
from objpose.work import within
from tests.cameras.photo_sets import (
    OPTIONS,
    RING,
    look_at_origin,
    make_problem,
    make_views,
    match_views,
    unposed,
    worst_error,
)


def disturbed(cams: list[np.ndarray], degrees: float, seed: int = 0) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(seed)
    moved = {}
    for index, cam in enumerate(cams):
        turn = Rotation.from_rotvec(np.radians(rng.normal(scale=degrees, size=3))).as_matrix()
        moved[index] = rigid_matrix(turn, rng.normal(scale=0.01, size=3)) @ cam
    return moved


def test_settling_brings_disturbed_cameras_home():
    views = make_views(RING, seed=1)
    placement = settle(unposed(views), disturbed(RING, 0.3), OPTIONS.settle, rounds=3)
    assert worst_error(placement.cams_from_world, RING) < 0.5
    assert len(placement.points) > 150


def test_a_wrong_focal_length_is_refined():
    views = make_views(RING, seed=1)
    problem = unposed(views).refocused({index: 640.0 for index in range(len(views))})
    groups = {index: 0 for index in range(len(views))}
    placement = settle(problem, dict(enumerate(RING)), OPTIONS.settle, rounds=4, focal_groups=groups)
    assert len(set(placement.focals.values())) == 1
    assert placement.focals[0] == pytest.approx(600.0, rel=0.03)


def test_growth_places_all_photos():
    problem = make_problem(make_views(RING, seed=3))
    best = grow_from_starts(problem, range(4), OPTIONS)[0]
    assert worst_error(best.placement.cams_from_world, RING) < 1.0
    assert set(best.placement.cams_from_world) == {0, 1, 2, 3}


def test_the_same_photos_give_the_same_answer():
    problem = make_problem(make_views(RING[:3], seed=3))
    first, second = (grow_from_starts(problem, range(3), OPTIONS)[0].placement for _ in range(2))
    for index, cam in first.cams_from_world.items():
        np.testing.assert_array_equal(cam, second.cams_from_world[index])


def test_a_photo_put_in_the_wrong_place_is_found_and_moved():
    problem = make_problem(make_views(RING, seed=4))
    wrong = {**dict(enumerate(RING)), 3: look_at_origin(-60, 40)}
    start = weigh_placement(problem, settle(problem, wrong, OPTIONS.settle))
    assert worst_error(start.placement.cams_from_world, RING) > 20.0
    mended, reviews = review(problem, start, OPTIONS)
    assert worst_error(mended.placement.cams_from_world, RING) < 1.0
    assert reviews[3].margin > 50.0


def test_two_scenes_become_two_islands():
    views = make_views(RING[:3], seed=6) + make_views(RING[:2], seed=66)
    islands = find_islands(make_problem(views), OPTIONS)
    assert [set(island[0].placement.cams_from_world) for island in islands] == [{0, 1, 2}, {3, 4}]


def test_no_answer_depends_on_the_number_of_threads():
    views = make_views(RING, seed=8, num_points=60, blur=0.8)
    matches = match_views(views)
    one, two = (within(threads)(pose_problem)(views, matches, PairOptions()) for threads in (1, 2))
    for pair, found in one.hypotheses.items():
        assert [h.evidence for h in found] == [h.evidence for h in two.hypotheses[pair]]
    wrong = {**dict(enumerate(RING)), 3: look_at_origin(-60, 40)}
    start = weigh_placement(one, settle(one, wrong, OPTIONS.settle))
    (first, ours), (second, theirs) = (within(threads)(review)(one, start, OPTIONS) for threads in (1, 2))
    for index, cam in first.placement.cams_from_world.items():
        np.testing.assert_array_equal(cam, second.placement.cams_from_world[index])
    assert {photo: found.evidence for photo, found in ours.items()} == {
        photo: found.evidence for photo, found in theirs.items()
    }


def test_the_rest_stands_as_without_a_photo_of_something_else():
    views = make_views(RING[:3], seed=5)
    stranger = make_views([look_at_origin(30)], seed=55)
    [[alone, *_]] = find_islands(make_problem(views), OPTIONS)
    [[beside, *_]] = find_islands(make_problem([*views, *stranger]), OPTIONS)
    assert worst_error(beside.placement.cams_from_world, RING) < 1.0
    assert alone.placement.cams_from_world.keys() == beside.placement.cams_from_world.keys() == {0, 1, 2}
    for index, cam in alone.placement.cams_from_world.items():
        np.testing.assert_array_equal(cam, beside.placement.cams_from_world[index])
