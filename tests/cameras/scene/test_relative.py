"""What a relative pose says about rays."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.cameras.scene.relative import (
    depths,
    epipolar_error,
    epipolar_error_table,
    epipolar_misfit,
    project,
    ray_angles,
)
from objpose.geometry.rigid_matrices import inverse_matrix, rigid_matrix
from tests.cameras.photo_sets import random_motion


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
    there, back = ray_angles(b_from_a, rays_a, rays_b), ray_angles(inverse_matrix(b_from_a), rays_b, rays_a)
    np.testing.assert_allclose(there, back, atol=1e-6)


def test_points_behind_a_camera_fit_no_geometry():
    b_from_a = random_motion(0)
    points = np.random.default_rng(0).uniform([-1, -1, 4], [1, 1, 8], (20, 3))
    rays_a, rays_b = rays_of_points(b_from_a, points)
    mirrored = rigid_matrix(b_from_a[:3, :3], -b_from_a[:3, 3])
    assert epipolar_error(mirrored, rays_a, rays_b).max() < 1e-9
    assert np.isinf(epipolar_misfit(mirrored, rays_a, rays_b, 1e-3)).all()


def test_many_poses_at_once_answer_as_one_by_one():
    """Also what lies behind a camera, of some poses or of all."""
    poses = np.stack([random_motion(seed) for seed in range(6)]).reshape(2, 3, 4, 4)
    rays_a, rays_b = np.random.default_rng(1).uniform(-1, 1, (2, 40, 2))
    together = epipolar_misfit(poses, rays_a, rays_b, 5e-3)
    places = project(poses, np.concatenate([rays_a, np.ones((40, 1))], axis=1))
    assert 0.1 < np.isinf(together).mean() < 0.9
    for index in np.ndindex(2, 3):
        np.testing.assert_allclose(together[index], epipolar_misfit(poses[index], rays_a, rays_b, 5e-3))
        alone = project(poses[index], np.concatenate([rays_a, np.ones((40, 1))], axis=1))
        np.testing.assert_allclose(places[index], alone)
