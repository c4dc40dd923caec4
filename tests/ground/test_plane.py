"""A ground found from boxes of known places, and distances told by it."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.estimator.ground.contact import Standing
from objpose.estimator.ground.plane import find_ground, posterior, settling, stands
from tests.ground.things import HEIGHT, UP, found


def table(seed: int, raised: float = 0.0) -> tuple[list[Standing], list[np.ndarray]]:
    """Five boxes of which the third may be held above the others."""
    rng = np.random.default_rng(seed)
    pairs = [found(rng, index, raised * (index == 2)) for index in range(5)]
    return [standing for standing, _ in pairs], [truth for _, truth in pairs]


def off(standing: Standing, twist: np.ndarray, truth: np.ndarray) -> float:
    moved = standing.translation + twist[:3] + np.cross(twist[3:], standing.translation)
    return float(np.linalg.norm(moved - truth))


def test_the_table_is_found_and_distances_are_nearer_the_truth() -> None:
    before, after = [], []
    for seed in range(12):
        standings, truths = table(seed)
        ground = find_ground(standings)
        assert ground is not None
        assert ground.normal[0] @ UP > np.cos(np.radians(2)) and abs(ground.height[0] - HEIGHT) < 0.03
        for standing, truth, stand in zip(standings, truths, stands(standings, ground), strict=True):
            before.append(off(standing, np.zeros(6), truth))
            after.append(off(standing, settling(standing, stand), truth))
            assert stand.support.flat[0] > 0.5
    assert np.mean(after) < 0.8 * np.mean(before)


def test_what_is_held_above_the_table_is_left_there() -> None:
    for seed in range(6):
        standings, _ = table(seed, raised=0.12)
        ground = find_ground(standings)
        assert ground is not None
        held = stands(standings, ground)[2]
        assert held.support.nats[0] < 0 and held.support.flat[0] + held.support.touches[0] < 0.1
        assert np.linalg.norm(settling(standings[2], held)[:3]) < 0.002


def test_answers_turn_with_the_camera() -> None:
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    both = np.kron(np.eye(2), turn)
    standings, _ = table(3)
    turned = [
        Standing(
            s.sides,
            turn @ s.rotation,
            turn @ s.translation,
            both @ s.covariance @ both.T,
            s.chance,
            s.diameter,
        )
        for s in standings
    ]
    here, there = find_ground(standings), find_ground(turned)
    assert here is not None and there is not None
    assert np.allclose(turn @ here.normal[0], there.normal[0], atol=1e-6)
    pairs = zip(standings, stands(standings, here), turned, stands(turned, there), strict=True)
    for standing, stand, other, its in pairs:
        assert np.allclose(both @ settling(standing, stand), settling(other, its), atol=1e-6)


def test_knowing_the_ground_never_widens_a_covariance() -> None:
    standings, _ = table(4)
    ground = find_ground(standings)
    assert ground is not None
    for standing, stand in zip(standings, stands(standings, ground), strict=True):
        narrower = np.linalg.eigvalsh(standing.covariance - posterior(standing.covariance, stand))
        assert narrower.min() > -1e-12


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_objects_tell_no_ground(count: int) -> None:
    assert find_ground(table(0)[0][:count]) is None


def test_boxes_thrown_about_have_none() -> None:
    rng, none = np.random.default_rng(0), 0
    for seed in range(20):
        standings, _ = table(seed)
        turns = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in standings]
        thrown = [
            Standing(
                s.sides, t * np.sign(np.linalg.det(t)), s.translation, s.covariance, s.chance, s.diameter
            )
            for s, t in zip(standings, turns, strict=True)
        ]
        none += find_ground(thrown) is None
    assert none >= 19
