"""Photos that only what repeats itself joins, drawn as keypoints: points with a like on the other side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.settle import with_points
from objpose.cameras.repeats.guided import guided_matches
from objpose.cameras.repeats.options import RepeatsOptions
from objpose.cameras.repeats.self_motions import self_motions, with_like
from objpose.cameras.repeats.sides import Sides, find_sides
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.views import View
from objpose.features.local import LocalFeatures, Matches
from objpose.geometry.rigid_matrices import rigid_matrix, rotation_degrees
from tests.cameras.photo_sets import FOCAL, HEIGHT, WIDTH, K, look_at_origin

OPTIONS = RepeatsOptions()
CAMS = {index: look_at_origin(azimuth) for index, azimuth in enumerate(range(0, 360, 45))}
HALF_TURN = np.diag([-1.0, -1.0, 1.0])
EACH = 60  # points, and as many likes


def scene(once: int) -> CameraProblem:
    """Eight photos all round of points that have their like on the other side, and of some that are there
    once; every point is matched.
    """
    rng = np.random.default_rng(0)
    here = rng.uniform([0.3, -0.4, -0.5], [0.8, 0.4, 0.5], (EACH, 3))
    points = np.concatenate([here, here @ HALF_TURN, rng.uniform(-0.8, 0.8, (once, 3))])
    described = rng.normal(size=(EACH + once, 64))
    described = np.concatenate([described[:EACH], described])
    order = rng.permutation(len(points))
    points, described = points[order], described[order]
    views = [_view(str(index), cam, points, described, rng) for index, cam in CAMS.items()]
    same = np.stack([np.arange(len(points))] * 2, axis=1)
    clear = Matches(same, np.full(len(points), 0.5))
    return CameraProblem(views, {pair: clear for pair in combinations(CAMS, 2)}, {})


def _view(
    name: str, cam: np.ndarray, points: np.ndarray, described: np.ndarray, rng: np.random.Generator
) -> View:
    seen = points @ cam[:3, :3].T + cam[:3, 3]
    pixels = seen[:, :2] / seen[:, 2:] * FOCAL + K[:2, 2] + rng.normal(scale=0.2, size=(len(points), 2))
    noisy = described + rng.normal(scale=0.1, size=described.shape)
    noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
    features = LocalFeatures(pixels.astype(np.float32), noisy.astype(np.float32)[None])
    return View(name, WIDTH, HEIGHT, K, features)


def sides_of(problem: CameraProblem, cams: Mapping[int, np.ndarray] = CAMS) -> list[Sides]:
    settling = PlacingOptions().settle
    grown = weigh_placement(problem, with_points(problem, dict(cams), settling))
    return find_sides(problem, grown, OPTIONS, settling)


def test_photos_that_only_likes_join_may_stand_on_the_other_side() -> None:
    found = sides_of(scene(once=0))
    assert any(rotation_degrees(one.motion[:3, :3] @ HALF_TURN) < 2.0 for one in found)
    assert len(set(found[0].groups.values())) == len(CAMS)


def test_a_photo_that_shows_nothing_changes_no_side() -> None:
    """As one that a turntable's step has placed."""
    problem = scene(once=0)
    nothing = LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((1, 0, 64), np.float32))
    blank = View("blank", WIDTH, HEIGHT, K, nothing)
    more = replace(problem, views=[*problem.views, blank])
    found = sides_of(more, {**CAMS, len(CAMS): look_at_origin(20.0)})
    before = sides_of(problem)
    assert [one.groups for one in before] == [
        {photo: group for photo, group in one.groups.items() if photo < len(CAMS)} for one in found
    ]


def test_what_is_there_once_tells_the_sides_apart() -> None:
    assert sides_of(scene(once=80)) == []


def test_guided_matches_find_a_point_beside_its_like() -> None:
    problem = scene(once=0)
    b_from_a = relative_pose(CAMS, 0, 1)
    found = guided_matches(problem.views[0], problem.views[1], b_from_a, problem.tolerance(0, 1), OPTIONS)
    assert len(found) > EACH
    assert (found.indices[:, 0] == found.indices[:, 1]).mean() > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_a_motion_is_found_among_wrong_likes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    motion = rigid_matrix(Rotation.from_rotvec(rng.normal(size=3)).as_matrix(), rng.normal(size=3))
    points = rng.uniform(-0.5, 0.5, (80, 3))
    points = np.concatenate([points, points[:20] @ motion[:3, :3].T + motion[:3, 3]])
    right = np.stack([np.arange(20), np.arange(80, 100)], axis=1)
    likes = np.concatenate([right, rng.integers(0, 100, (200, 2))])
    likes = np.unique(np.concatenate([likes, likes[:, ::-1]]), axis=0)
    found = self_motions(points, likes, 0.01, 1.0, OPTIONS, seed)[0]
    found = found if np.linalg.norm(found - motion) < 0.1 else np.linalg.inv(found)
    assert np.allclose(found, motion, atol=0.02)
    assert with_like(found, points, likes, 0.01) >= 20


def test_random_likes_move_by_no_motion() -> None:
    rng = np.random.default_rng(0)
    likes = np.unique(rng.integers(0, 100, (200, 2)), axis=0)
    assert self_motions(rng.uniform(-0.5, 0.5, (100, 3)), likes, 0.01, 1.0, OPTIONS) == []
