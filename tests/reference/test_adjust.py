"""Two views of points on a relief adjusted: the truth comes out, and the covariance says how far off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.geometry.rigid_matrices import rigid_matrix, rotation_degrees
from objpose.reference.adjust import Pair, adjusted
from objpose.reference.propose import starts
from objpose.reference.relief import Relief, unknown_relief

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
    return Pair(rays, rays_b, relief, unknown_relief(count), np.full(count, noise)), b_from_a, points


def measured(depth: np.ndarray, noise: float, unit: float | None = 1.0) -> Relief:
    count = len(depth)
    return Relief(depth, np.zeros((count, 0)), np.full(count, noise), np.ones(count, dtype=bool), unit)


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
        noisy_pair = replace(pair, relief=relief)
        found = adjusted(noisy_pair, truth, np.zeros(0))
        off = Rotation.from_matrix(found.b_from_a[:3, :3] @ truth[:3, :3].T).as_rotvec()
        distances.append(off @ np.linalg.solve(found.covariance[3:, 3:], off))
    assert 1.5 < np.mean(distances) < 6.0


def test_measured_depth_in_the_other_view_narrows_the_answer():
    pair, truth, points = seen(30, np.random.default_rng(1))
    there = (points @ truth[:3, :3].T + truth[:3, 3])[:, 2]
    with_depth = replace(pair, there=measured(there, 0.002))
    without, with_ = (adjusted(one, truth, np.zeros(0)) for one in (pair, with_depth))
    assert np.all(np.diag(with_.covariance) <= np.diag(without.covariance) * (1 + 1e-9))


def test_an_unknown_relief_leaves_the_turn_more_open_than_a_known_one():
    pair, truth, _ = seen(30, np.random.default_rng(2))
    shapes = np.concatenate([0.5 * RADIUS * np.ones((30, 1)), pair.rays_a], axis=1)
    unknown = Relief(pair.relief.expected, shapes, pair.relief.noise, pair.relief.is_known, None)
    guess = replace(pair, relief=unknown)
    known, open_ = adjusted(pair, truth, np.zeros(0)), adjusted(guess, truth, np.zeros(3))
    spread = [np.linalg.eigvalsh(one.covariance[3:, 3:])[-1] for one in (known, open_)]
    assert spread[1] > spread[0]


def test_an_expected_relief_in_the_other_view_is_in_distances_there_and_narrows_the_answer():
    pair, truth, points = seen(40, np.random.default_rng(3))
    there = (points @ truth[:3, :3].T + truth[:3, 3])[:, 2]
    distance = float(truth[2, 2] + truth[2, 3])
    slants = np.concatenate([np.full((40, 1), 0.5 * RADIUS), pair.rays_a], axis=1)
    flat = Relief(np.ones(40), slants, np.full(40, 0.5 * RADIUS), pair.relief.is_known, None)
    told = measured(there / distance, 0.002, None)
    at_truth = adjusted(replace(pair, there=told), truth, np.zeros(0))
    assert at_truth.misfit.max() < 5.0 and at_truth.length == pytest.approx(distance, rel=0.02)
    pairs = replace(pair, relief=flat), replace(pair, relief=flat, there=told)
    guessed, helped = (adjusted(one, truth, np.zeros(3)) for one in pairs)
    spread = [np.linalg.eigvalsh(one.covariance[3:, 3:])[-1] for one in (guessed, helped)]
    assert spread[1] < 0.5 * spread[0] and turned_deg(helped.b_from_a, truth) < 10.0
