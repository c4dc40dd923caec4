"""The sides that bodies can stay on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from objpose.geometry import SO3, resting_sides
from tests.geometry.shapes import box, lathe


def corners(*size: float) -> np.ndarray:
    return box(*size).vertices.numpy()


def lean_prism(shift: float) -> np.ndarray:
    """A tower of 1 x 1 x 2 whose roof is moved along x."""
    return corners(1.0, 1.0, 2.0) + np.array([shift / 2, 0, 0]) * np.sign(corners(1.0, 1.0, 2.0)[:, 2:])


def test_a_box_stays_on_its_six_faces() -> None:
    normals = resting_sides(corners(0.3, 0.2, 0.1)).normals
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    assert len(normals) == 6
    assert np.allclose((normals @ axes.T).max(1), 1) and np.allclose((normals @ axes.T).max(0), 1)


def test_a_bottle_stays_on_its_foot_and_on_its_side() -> None:
    bottle = lathe([(0, -0.06), (0.03, -0.06), (0.03, 0.03), (0.01, 0.06), (0, 0.06)], 48).vertices.numpy()
    normals = resting_sides(bottle).normals
    upright = np.abs(normals[:, 2]) > 0.999
    assert (normals[upright, 2] < 0).sum() == 1
    lying = np.abs(normals[:, 2]) < 1e-6
    assert lying.sum() > 40 and not (~upright & ~lying & (np.abs(normals[:, 2]) < 0.3)).any()


@pytest.mark.parametrize(("shift", "stays"), [(0.5, True), (1.5, False)])
def test_a_leaning_tower_stays_while_its_weight_is_above_its_foot(shift: float, stays: bool) -> None:
    normals = resting_sides(lean_prism(shift)).normals
    assert bool((normals[:, 2] < -0.999).any()) == stays


def test_a_turned_and_moved_body_has_the_same_sides_turned() -> None:
    turn = SO3.random(generator=torch.Generator().manual_seed(0)).matrix().double().numpy()
    still, moved = resting_sides(lean_prism(0.5)), resting_sides(lean_prism(0.5) @ turn.T + [3, -1, 2])
    assert len(still.normals) == len(moved.normals)
    assert np.allclose((still.normals @ turn.T @ moved.normals.T).max(1), 1, atol=1e-6)


@pytest.mark.parametrize("size", [(1.0, 1.0, 0.0), (1.0, 0.0, 0.0)])
def test_what_is_flat_or_straight_has_none(size: tuple[float, float, float]) -> None:
    assert resting_sides(corners(1.0, 1.0, 1.0) * size).normals.shape == (0, 3)


def test_scale_does_not_matter() -> None:
    small = lathe([(0, -0.06), (0.03, -0.06), (0.01, 0.06), (0, 0.06)], 24).vertices.numpy()
    assert math.isclose(len(resting_sides(small).normals), len(resting_sides(small * 1000).normals))
