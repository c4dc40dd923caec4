"""Two photos: what their geometry says, what chance would say, and the hypotheses that remain."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.evidence import PATCH_NATS, evidence
from objpose.cameras.pairs.homography import decompose_homography
from objpose.cameras.pairs.two_view import judge, propose
from objpose.cameras.placing.growth import least_evidence
from objpose.cameras.scene.relative import (
    depths,
    epipolar_error,
    epipolar_error_table,
    epipolar_misfit,
    inverse,
    ray_angles,
    transform,
)
from objpose.features.local import match_features
from tests.cameras.photo_sets import look_at_origin, make_views, pair_error

CHANCE = 0.02


def random_motion(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return transform(Rotation.from_rotvec(rng.normal(scale=0.4, size=3)).as_matrix(), rng.normal(size=3))


def rays_of_points(b_from_a: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    moved = points @ b_from_a[:3, :3].T + b_from_a[:3, 3]
    return points[:, :2] / points[:, 2:], moved[:, :2] / moved[:, 2:]


@pytest.mark.parametrize("seed", range(3))
def test_the_rays_of_one_point_meet_in_it(seed):
    b_from_a = random_motion(seed)
    points = np.random.default_rng(seed).uniform([-1, -1, 4], [1, 1, 8], (20, 3))
    rays_a, rays_b = rays_of_points(b_from_a, points)
    depth_a, depth_b = depths(b_from_a, rays_a, rays_b)
    np.testing.assert_allclose(depth_a, points[:, 2], rtol=1e-6)
    np.testing.assert_allclose(depth_b, (points @ b_from_a[:3, :3].T + b_from_a[:3, 3])[:, 2], rtol=1e-6)
    assert epipolar_error(b_from_a, rays_a, rays_b).max() < 1e-9
    table = epipolar_error_table(b_from_a, rays_a, rays_b)
    np.testing.assert_allclose(table, epipolar_error(b_from_a, rays_a[:, None], rays_b[None]), atol=1e-12)
    there, back = ray_angles(b_from_a, rays_a, rays_b), ray_angles(inverse(b_from_a), rays_b, rays_a)
    np.testing.assert_allclose(there, back, atol=1e-6)


def test_points_behind_a_camera_fit_no_geometry():
    b_from_a = random_motion(0)
    points = np.random.default_rng(0).uniform([-1, -1, 4], [1, 1, 8], (20, 3))
    rays_a, rays_b = rays_of_points(b_from_a, points)
    mirrored = transform(b_from_a[:3, :3], -b_from_a[:3, 3])
    assert epipolar_error(mirrored, rays_a, rays_b).max() < 1e-9
    assert np.isinf(epipolar_misfit(mirrored, rays_a, rays_b, 1e-3)).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_plane_keeps_its_motion_among_the_decompositions(seed):
    rng = np.random.default_rng(seed)
    truth, normal = random_motion(seed), rng.normal(size=3)
    truth[:3, 3] *= 0.3  # the camera stays on its side of the plane
    normal /= np.linalg.norm(normal)
    found = decompose_homography(-3.0 * (truth[:3, :3] + np.outer(truth[:3, 3], normal)))
    assert min(np.abs(motion - truth).max() for motion, _ in found) < 1e-8
    for motion, n in found:
        rebuilt = motion[:3, :3] + np.outer(motion[:3, 3], n)
        np.testing.assert_allclose(rebuilt, truth[:3, :3] + np.outer(truth[:3, 3], normal), atol=1e-8)


def test_a_turn_in_place_has_no_translation():
    rotation = Rotation.from_rotvec([0.1, 0.3, -0.2]).as_matrix()
    [(motion, normal)] = decompose_homography(2.0 * rotation)
    np.testing.assert_allclose(motion, transform(rotation, np.zeros(3)), atol=1e-8)
    assert not normal.any()


def nats(hits: int, matches: int = 200, patches: int = 60) -> float:
    """Evidence of so many agreeing matches, spread over so many patches."""
    misfit = np.where(np.arange(matches) < hits, 0.2, np.inf)
    patch = np.arange(matches) % patches
    return evidence(np.full(matches, 0.75), misfit, np.full(matches, CHANCE), [patch])


def test_what_chance_gives_is_no_evidence():
    assert nats(int(200 * CHANCE)) == pytest.approx(0.0, abs=1e-9)


def test_evidence_grows_with_every_agreeing_match():
    values = [nats(hits) for hits in range(4, 120, 4)]
    assert all(later > earlier for earlier, later in zip(values, values[1:], strict=False))


def test_one_patch_is_one_witness():
    assert nats(50, matches=50, patches=1) <= PATCH_NATS < nats(50, matches=50, patches=50)


def test_misfits_within_the_tolerance_are_worth_less_the_larger():
    def at(misfit: float) -> float:
        return evidence(
            np.full(40, 0.75), np.full(40, misfit), np.full(40, CHANCE), [np.arange(40), np.arange(40)]
        )

    assert at(0.1) > at(0.5) > at(0.9) > 0.0


@pytest.mark.parametrize("turn_deg", [10, 30, 60])
def test_the_right_pose_comes_first(turn_deg):
    truth = [look_at_origin(0), look_at_origin(turn_deg)]
    a, b = make_views(truth, seed=turn_deg)
    best = propose(a, b, match_features(a.features, b.features))[0]
    assert pair_error(best.b_from_a, truth[1] @ np.linalg.inv(truth[0])) < 1.5
    assert best.evidence > least_evidence(1)
    assert pair_error(best.swapped().b_from_a, truth[0] @ np.linalg.inv(truth[1])) < 1.5


def test_a_plane_leaves_two_hypotheses_and_the_right_one_is_among_them():
    truth = [look_at_origin(0, 50), look_at_origin(25, 40)]
    a, b = make_views(truth, seed=3, flat=True, noise_px=0.3)
    found = propose(a, b, match_features(a.features, b.features))
    errors = [pair_error(one.b_from_a, truth[1] @ np.linalg.inv(truth[0])) for one in found]
    assert min(errors) < 2.0
    twins = [one for one, error in zip(found, errors, strict=True) if error > 10.0]
    assert twins and twins[0].evidence > least_evidence(1)


def test_a_turn_in_place_is_told():
    first = look_at_origin(0)
    turned = transform(Rotation.from_rotvec([0.0, 0.15, 0.05]).as_matrix(), np.zeros(3)) @ first
    a, b = make_views([first, turned], seed=5)
    best = propose(a, b, match_features(a.features, b.features))[0]
    turn = Rotation.from_matrix(best.b_from_a[:3, :3].T @ (turned @ np.linalg.inv(first))[:3, :3])
    assert np.degrees(turn.magnitude()) < 0.5
    assert best.angle_deg < 1.0


@pytest.mark.parametrize("seed", range(3))
def test_photos_of_different_scenes_stay_below_the_bound_of_chance(seed):
    a = make_views([look_at_origin(0)], seed=seed)[0]
    b = make_views([look_at_origin(20)], seed=seed + 100)[0]
    found = propose(a, b, match_features(a.features, b.features))
    assert all(one.evidence < least_evidence(1) for one in found)


def test_judging_from_either_side_is_alike():
    truth = [look_at_origin(0), look_at_origin(25)]
    a, b = make_views(truth, seed=1)
    matches = match_features(a.features, b.features)
    b_from_a = truth[1] @ np.linalg.inv(truth[0])
    there = judge(a, b, matches, b_from_a).evidence
    back = judge(b, a, matches.swapped(), np.linalg.inv(b_from_a)).evidence
    assert there == pytest.approx(back, rel=0.1)
