"""Two photos: what chance would say, and the hypotheses that remain."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.evidence import evidence
from objpose.cameras.pairs.homography import decompose_homography
from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.pairs.pair_matches import PairMatches, weigh_motion
from objpose.cameras.pairs.two_view import find_hypotheses
from objpose.cameras.scene.relative import ray_angles
from objpose.features.local import match_features
from objpose.geometry.rigid_matrices import rigid_matrix
from tests.cameras.photo_sets import look_at_origin, make_views, pair_error, random_motion

CHANCE = 0.02
WEIGHING = EvidenceOptions()


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
    np.testing.assert_allclose(motion, rigid_matrix(rotation, np.zeros(3)), atol=1e-8)
    assert not normal.any()


def nats(hits: int, matches: int = 200, patches: int = 60) -> float:
    """Evidence of so many agreeing matches, spread over so many patches."""
    misfit = np.where(np.arange(matches) < hits, 0.2, np.inf)
    patch = np.arange(matches) % patches
    return evidence(np.full(matches, 0.75), misfit, np.full(matches, CHANCE), [patch], WEIGHING)


def test_what_chance_gives_is_no_evidence():
    assert nats(int(200 * CHANCE)) == pytest.approx(0.0, abs=1e-9)


def test_evidence_grows_with_every_agreeing_match():
    values = [nats(hits) for hits in range(4, 120, 4)]
    assert all(later > earlier for earlier, later in zip(values, values[1:], strict=False))


def test_one_patch_is_one_witness():
    assert nats(50, matches=50, patches=1) <= WEIGHING.patch_nats < nats(50, matches=50, patches=50)


def test_misfits_within_the_tolerance_are_worth_less_the_larger():
    def at(misfit: float) -> float:
        patches = [np.arange(40), np.arange(40)]
        return evidence(np.full(40, 0.75), np.full(40, misfit), np.full(40, CHANCE), patches, WEIGHING)

    assert at(0.1) > at(0.5) > at(0.9) > 0.0


@pytest.mark.parametrize("turn_deg", [10, 30, 60])
def test_the_right_pose_comes_first(turn_deg):
    truth = [look_at_origin(0), look_at_origin(turn_deg)]
    a, b = make_views(truth, seed=turn_deg)
    best = find_hypotheses(a, b, match_features(a.features, b.features))[0]
    assert pair_error(best.b_from_a, truth[1] @ np.linalg.inv(truth[0])) < 1.5
    assert best.evidence > WEIGHING.least(1)
    assert pair_error(best.swapped().b_from_a, truth[0] @ np.linalg.inv(truth[1])) < 1.5


def test_a_plane_leaves_two_hypotheses_and_the_right_one_is_among_them():
    truth = [look_at_origin(0, 50), look_at_origin(25, 40)]
    a, b = make_views(truth, seed=3, flat=True, noise_px=0.3)
    found = find_hypotheses(a, b, match_features(a.features, b.features))
    errors = [pair_error(one.b_from_a, truth[1] @ np.linalg.inv(truth[0])) for one in found]
    assert min(errors) < 2.0
    twins = [one for one, error in zip(found, errors, strict=True) if error > 10.0]
    assert twins and twins[0].evidence > WEIGHING.least(1)


def test_a_turn_in_place_is_told():
    first = look_at_origin(0)
    turned = rigid_matrix(Rotation.from_rotvec([0.0, 0.15, 0.05]).as_matrix(), np.zeros(3)) @ first
    a, b = make_views([first, turned], seed=5)
    best = find_hypotheses(a, b, match_features(a.features, b.features))[0]
    turn = Rotation.from_matrix(best.b_from_a[:3, :3].T @ (turned @ np.linalg.inv(first))[:3, :3])
    assert np.degrees(turn.magnitude()) < 0.5
    matches = match_features(a.features, b.features)
    rays = a.rays[matches.indices[:, 0]], b.rays[matches.indices[:, 1]]
    right = PairMatches(a, b, matches).agrees(best.b_from_a)
    assert np.median(ray_angles(best.b_from_a, rays[0][right], rays[1][right])) < 1.0


@pytest.mark.parametrize("seed", range(3))
def test_photos_of_different_scenes_stay_below_the_bound_of_chance(seed):
    a = make_views([look_at_origin(0)], seed=seed)[0]
    b = make_views([look_at_origin(20)], seed=seed + 100)[0]
    found = find_hypotheses(a, b, match_features(a.features, b.features))
    assert all(one.evidence < WEIGHING.least(1) for one in found)


def test_judging_from_either_side_is_alike():
    truth = [look_at_origin(0), look_at_origin(25)]
    a, b = make_views(truth, seed=1)
    matches = match_features(a.features, b.features)
    b_from_a = truth[1] @ np.linalg.inv(truth[0])
    there = weigh_motion(a, b, matches, b_from_a, WEIGHING)
    back = weigh_motion(b, a, matches.swapped(), np.linalg.inv(b_from_a), WEIGHING)
    assert there == pytest.approx(back, rel=0.1)


def test_the_most_ambiguous_matches_count_nothing():
    """Neither where they agree nor where they do not, so that they need not be looked at."""
    rng = np.random.default_rng(0)
    ratios, misfit = rng.uniform(0.5, 1.0, 300), rng.uniform(0.0, 3.0, 300)
    patch, chance = rng.integers(0, 40, 300), np.full(300, 0.05)
    clear = ratios <= WEIGHING.ratio_borders[-1]
    of_all = evidence(ratios, misfit, chance, [patch], WEIGHING)
    assert of_all > 0 and 50 < clear.sum() < 300
    assert of_all == evidence(ratios[clear], misfit[clear], chance[clear], [patch[clear]], WEIGHING)
