"""Many photos: tracks, adjustment, what stays free, growth, review, islands."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.growth import weigh
from objpose.cameras.islands import find_islands
from objpose.cameras.problem import Problem, pose_problem
from objpose.cameras.relative import transform
from objpose.cameras.review import review
from objpose.cameras.settle import refocused, settle
from objpose.cameras.starts import grow_from_starts
from objpose.cameras.tracks import join_matches, reprojection_error, triangulate
from objpose.cameras.uncertainty import Uncertainty
from objpose.work import within
from tests.cameras.photo_sets import look_at_origin, make_problem, make_views, match_views, worst_error

RING = [look_at_origin(azimuth, elevation) for azimuth, elevation in ((0, 10), (20, 30), (40, 15), (65, 25))]


def known(views) -> Problem:
    return Problem(views, match_views(views), {})


def disturbed(cams: list[np.ndarray], degrees: float, seed: int = 0) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(seed)
    moved = {}
    for index, cam in enumerate(cams):
        turn = Rotation.from_rotvec(np.radians(rng.normal(scale=degrees, size=3))).as_matrix()
        moved[index] = transform(turn, rng.normal(scale=0.01, size=3)) @ cam
    return moved


def test_a_track_has_one_keypoint_a_photo():
    views = make_views(RING, seed=0)
    tracks = join_matches(views, match_views(views))
    pairs = np.stack([tracks.track, tracks.view], axis=1)
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert (tracks.lengths() >= 2).all()


def test_triangulated_points_project_where_they_were_seen():
    views = make_views(RING, seed=0, noise_px=0.0, clutter=0)
    tracks = join_matches(views, match_views(views))
    rays = np.array([views[v].rays[k] for v, k in zip(tracks.view, tracks.keypoint, strict=True)])
    cams = np.array(RING)
    error = reprojection_error(cams, rays, tracks, triangulate(cams, rays, tracks))
    assert np.quantile(error, 0.95) < 1e-4


def test_settling_brings_disturbed_cameras_home():
    views = make_views(RING, seed=1)
    placement = settle(known(views), disturbed(RING, 0.3), rounds=3)
    assert worst_error(placement.cams_from_world, RING) < 0.5
    assert len(placement.points) > 150


def test_a_wrong_focal_length_is_refined():
    views = make_views(RING, seed=1)
    problem = refocused(known(views), {index: 640.0 for index in range(len(views))})
    groups = {index: 0 for index in range(len(views))}
    placement = settle(problem, dict(enumerate(RING)), rounds=4, focal_groups=groups)
    assert len(set(placement.focals.values())) == 1
    assert placement.focals[0] == pytest.approx(600.0, rel=0.03)


def test_the_covariance_tells_the_scatter():
    """Errors over repeated noise have the size that the covariance of one trial predicts."""
    errors, predicted = [], []
    for trial in range(6):
        views = make_views(RING[:3], seed=trial, clutter=0, num_points=80)
        placement = settle(known(views), dict(enumerate(RING[:3])))
        uncertainty = Uncertainty(views, placement)
        predicted.append(max(uncertainty.pair_degrees(a, b) for a, b in ((0, 1), (0, 2), (1, 2))))
        errors.append(worst_error(placement.cams_from_world, RING))
    assert 0.3 < np.sqrt(np.mean(np.square(errors))) / np.mean(predicted) < 2.0


def test_covariance_does_not_depend_on_the_world_frame():
    views = make_views(RING, seed=2)
    placement = settle(known(views), dict(enumerate(RING)))
    move = transform(Rotation.from_rotvec([0.4, -0.7, 0.2]).as_matrix(), np.array([3.0, -1.0, 2.0]))
    cams = {index: cam @ np.linalg.inv(move) for index, cam in placement.cams_from_world.items()}
    points = placement.points @ move[:3, :3].T + move[:3, 3]
    moved = type(placement)(cams, placement.tracks, points, {})
    ours, theirs = Uncertainty(views, placement), Uncertainty(views, moved)
    for a, b in ((0, 1), (0, 3), (2, 3)):
        assert ours.pair_degrees(a, b) == pytest.approx(theirs.pair_degrees(a, b), rel=1e-3)


def test_growth_places_all_photos():
    problem = make_problem(make_views(RING, seed=3))
    best = grow_from_starts(problem, range(4))[0]
    assert worst_error(best.placement.cams_from_world, RING) < 1.0
    assert set(best.placement.cams_from_world) == {0, 1, 2, 3}


def test_the_same_photos_give_the_same_answer():
    problem = make_problem(make_views(RING[:3], seed=3))
    first, second = (grow_from_starts(problem, range(3))[0].placement for _ in range(2))
    for index, cam in first.cams_from_world.items():
        np.testing.assert_array_equal(cam, second.cams_from_world[index])


def test_a_photo_put_in_the_wrong_place_is_found_and_moved():
    problem = make_problem(make_views(RING, seed=4))
    wrong = {**dict(enumerate(RING)), 3: look_at_origin(-60, 40)}
    start = weigh(problem, settle(problem, wrong))
    assert worst_error(start.placement.cams_from_world, RING) > 20.0
    mended, reviews = review(problem, start)
    assert worst_error(mended.placement.cams_from_world, RING) < 1.0
    assert reviews[3].margin > 50.0


def test_two_scenes_become_two_islands():
    views = make_views(RING[:3], seed=6) + make_views(RING[:2], seed=66)
    islands = find_islands(make_problem(views))
    assert [set(island[0].placement.cams_from_world) for island in islands] == [{0, 1, 2}, {3, 4}]


def test_no_answer_depends_on_the_number_of_threads():
    views = make_views(RING, seed=8, num_points=60, blur=0.8)
    matches = match_views(views)
    one, two = (within(threads)(pose_problem)(views, matches) for threads in (1, 2))
    for pair, found in one.hypotheses.items():
        assert [h.evidence for h in found] == [h.evidence for h in two.hypotheses[pair]]
    start = weigh(one, settle(one, {**dict(enumerate(RING)), 3: look_at_origin(-60, 40)}))
    (first, ours), (second, theirs) = (within(threads)(review)(one, start) for threads in (1, 2))
    for index, cam in first.placement.cams_from_world.items():
        np.testing.assert_array_equal(cam, second.placement.cams_from_world[index])
    assert {photo: found.evidence for photo, found in ours.items()} == {
        photo: found.evidence for photo, found in theirs.items()
    }


def test_the_rest_stands_as_without_a_photo_of_something_else():
    views = make_views(RING[:3], seed=5)
    stranger = make_views([look_at_origin(30)], seed=55)
    [[alone, *_]] = find_islands(make_problem(views))
    [[beside, *_]] = find_islands(make_problem([*views, *stranger]))
    assert worst_error(beside.placement.cams_from_world, RING) < 1.0
    assert alone.placement.cams_from_world.keys() == beside.placement.cams_from_world.keys() == {0, 1, 2}
    for index, cam in alone.placement.cams_from_world.items():
        np.testing.assert_array_equal(cam, beside.placement.cams_from_world[index])
