"""Two views of points on a relief adjusted: the truth comes out, and the covariance says how far off."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.geometry.rigid_matrices import rigid_matrix, rotation_degrees
from objpose.reference.adjust import Pair, adjusted
from objpose.reference.propose import starts
from objpose.reference.relief import Relief

RADIUS = 0.1  # of the thing, at distance one
NOISE = 0.001  # of a ray: half a pixel at 500
TURN = np.array([0.1, 0.45, -0.2])


def motion(turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """b_from_a of a thing at distance one on a's axis, turned about its own middle, then shifted."""
    rotation = Rotation.from_rotvec(turn).as_matrix()
    axis = np.array([0.0, 0.0, 1.0])
    return rigid_matrix(rotation, axis - rotation @ axis + shift)


def seen(count: int, rng: np.random.Generator, noise: float = NOISE) -> tuple[Pair, np.ndarray, np.ndarray]:
    """A pair of views, the true b_from_a and the true points in a."""
    b_from_a = motion(TURN, np.array([0.02, -0.03, 0.1]))
    rays = rng.uniform(-RADIUS, RADIUS, (count, 2))
    depth = 1 + rng.uniform(-RADIUS, RADIUS, count)
    points = np.concatenate([rays, np.ones((count, 1))], axis=1) * depth[:, None]
    there = points @ b_from_a[:3, :3].T + b_from_a[:3, 3]
    rays_b = there[:, :2] / there[:, 2:] + rng.normal(0, noise, (count, 2))
    relief = Relief(depth, np.zeros((count, 0)), np.full(count, 0.002), np.ones(count, dtype=bool), 1.0)
    return Pair(rays, rays_b, relief, noise, np.zeros(count), 0.01), b_from_a, points


def turned_deg(found: np.ndarray, truth: np.ndarray) -> float:
    return rotation_degrees(found[:3, :3].T @ truth[:3, :3])


@pytest.mark.parametrize("wrong", [0, 20])
def test_a_known_relief_gives_the_turn_whatever_a_third_of_the_matches_says(wrong: int):
    rng = np.random.default_rng(0)
    pair, truth, _ = seen(60, rng)
    pair.rays_b[:wrong] = rng.uniform(-RADIUS, RADIUS, (wrong, 2))
    found = [adjusted(pair, *start) for start in starts(pair, np.ones(60), seed=0)]
    best = min(found, key=lambda one: one.cost)
    assert turned_deg(best.b_from_a, truth) < 2.0
    assert (best.misfit[wrong:] < 3).mean() > 0.9


def test_errors_are_as_large_as_the_covariance_says():
    """Squared Mahalanobis distances of turns have the mean of three degrees of freedom."""
    distances = []
    for seed in range(25):
        pair, truth, _ = seen(40, np.random.default_rng(seed))
        noisy = pair.relief.expected + np.random.default_rng(seed).normal(0, pair.relief.noise)
        relief = Relief(noisy, pair.relief.shapes, pair.relief.noise, pair.relief.is_known, 1.0)
        noisy_pair = Pair(pair.rays_a, pair.rays_b, relief, NOISE, pair.depth_b, 0.01)
        found = adjusted(noisy_pair, truth, np.zeros(0))
        off = Rotation.from_matrix(found.b_from_a[:3, :3] @ truth[:3, :3].T).as_rotvec()
        distances.append(off @ np.linalg.solve(found.covariance[3:, 3:], off))
    assert 1.5 < np.mean(distances) < 6.0


def test_measured_depth_in_the_other_view_narrows_the_answer():
    pair, truth, points = seen(30, np.random.default_rng(1))
    there = (points @ truth[:3, :3].T + truth[:3, 3])[:, 2]
    with_depth = Pair(pair.rays_a, pair.rays_b, pair.relief, pair.noise, there, 0.002)
    without, with_ = (adjusted(one, truth, np.zeros(0)) for one in (pair, with_depth))
    assert np.all(np.diag(with_.covariance) <= np.diag(without.covariance) * (1 + 1e-9))


def test_an_unknown_relief_leaves_the_turn_more_open_than_a_known_one():
    pair, truth, _ = seen(30, np.random.default_rng(2))
    shapes = np.concatenate([0.5 * RADIUS * np.ones((30, 1)), pair.rays_a], axis=1)
    unknown = Relief(pair.relief.expected, shapes, pair.relief.noise, pair.relief.is_known, None)
    guess = Pair(pair.rays_a, pair.rays_b, unknown, pair.noise, pair.depth_b, 0.01)
    known, open_ = adjusted(pair, truth, np.zeros(0)), adjusted(guess, truth, np.zeros(3))
    spread = [np.linalg.eigvalsh(one.covariance[3:, 3:])[-1] for one in (known, open_)]
    assert spread[1] > spread[0]
