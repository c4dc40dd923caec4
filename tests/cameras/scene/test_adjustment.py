"""The adjustment with squares and stated cameras: slopes are those of its cost, and it finds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.placing.settle import with_points
from objpose.cameras.scene.adjustment import adjust, normal_of_stated
from objpose.cameras.scene.relative import project
from objpose.cameras.scene.residuals import Residuals, State
from objpose.cameras.scene.stated import AdjustmentOptions, Squares, StatedCameras
from objpose.geometry.rigid_matrices import rigid_matrix
from tests.cameras.photo_sets import OPTIONS, RING, make_views, random_motion, unposed, worst_error
from tests.cameras.tags.tagged_scene import SQUARE

PROBLEM = unposed(make_views(RING, 0, num_points=60, clutter=10))
TRUTH = dict(enumerate(RING))
PLACEMENT = with_points(PROBLEM, TRUTH, OPTIONS.settle)
STATED = StatedCameras({0: RING[0], 2: RING[2]}, 0.5, 0.02)


def squares(noise: float = 0.0) -> Squares:
    """Two of them, seen by three cameras each, drawn with noise at depth one."""
    poses = np.stack([rigid_matrix(random_motion(seed)[:3, :3], np.full(3, 0.2 * seed)) for seed in (1, 2)])
    sides, view, square = np.array([0.4, 0.7]), np.array([0, 1, 2, 1, 2, 3]), np.array([0, 0, 0, 1, 1, 1])
    some = Squares(poses, sides, SQUARE, view, square, np.zeros((6, 4, 2)))
    rays = np.stack([project(RING[v], some.points[s]) for v, s in zip(view, square, strict=True)])
    rays += np.random.default_rng(0).normal(scale=noise, size=rays.shape)
    return Squares(poses, sides, SQUARE, view, square, rays)


def disturbed(scale: float) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(1)
    turns = Rotation.from_rotvec(rng.normal(scale=scale, size=(4, 3))).as_matrix()
    shifts = rng.normal(scale=scale, size=(4, 3))
    return {index: rigid_matrix(turns[index], shifts[index]) @ cam for index, cam in TRUTH.items()}


def test_its_gradient_is_the_slope_of_its_cost() -> None:
    system = Residuals(PROBLEM.views, sorted(TRUTH), PLACEMENT, squares(0.003), STATED, AdjustmentOptions())
    cams = disturbed(0.01)
    state = State(np.array([cams[index] for index in sorted(cams)]), PLACEMENT.points, squares(0.003))
    normal = system.linearised(state)
    size, count = len(normal.dense), len(state.points)
    rng = np.random.default_rng(2)
    for _ in range(5):
        dense, points = rng.normal(size=size), rng.normal(size=(count, 3))
        ahead, behind = (system.cost(state.moved(s * 1e-6 * dense, s * 1e-6 * points)) for s in (1, -1))
        slope = 2.0 * (normal.dense_gradient @ dense + (normal.points_gradient * points).sum())
        assert (ahead - behind) / 2e-6 == pytest.approx(slope, rel=1e-4)


def test_squares_and_points_bring_rough_cameras_back() -> None:
    rough = with_points(PROBLEM, disturbed(0.01), OPTIONS.settle, 4.0)
    assert worst_error(rough.cams_from_world, RING) > 0.8
    found, moved = adjust(PROBLEM.views, rough, squares(), StatedCameras())
    assert worst_error(found.cams_from_world, RING) < 0.3
    assert moved.sides[1] / moved.sides[0] == pytest.approx(0.7 / 0.4, rel=0.01)


def test_stated_cameras_give_the_frame() -> None:
    aside = rigid_matrix(Rotation.from_rotvec([0.02, -0.03, 0.01]).as_matrix(), np.array([0.05, 0.02, -0.04]))
    moved = {index: cam @ aside for index, cam in TRUTH.items()}
    start = with_points(PROBLEM, moved, OPTIONS.settle)
    found, _ = adjust(PROBLEM.views, start, None, StatedCameras(TRUTH, 0.5, 0.02))
    for index, cam in found.cams_from_world.items():
        np.testing.assert_allclose(cam, RING[index], atol=0.01)


def test_what_squares_say_is_free_of_the_frame() -> None:
    """Moving, turning and scaling the world changes no picture."""
    normal = normal_of_stated(PROBLEM.views, PLACEMENT, squares(), StatedCameras())
    values = np.linalg.eigvalsh(normal)
    assert (np.abs(values[:7]) < 1e-6 * values[-1]).all() and values[7] > 1e-6 * values[-1]
