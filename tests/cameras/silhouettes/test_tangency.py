"""A plane through two cameras that touches the object in one photo touches it in the other."""

from itertools import combinations

import numpy as np
import pytest
import trimesh

from objpose.cameras.silhouettes.fitting import twisted
from objpose.cameras.silhouettes.tangency import coplanarity, touching
from tests.cameras.silhouettes.figures import branched_body, convex_body, orbit

PAIRS = np.array(list(combinations(range(5), 2)))


def rays_of(body: trimesh.Trimesh, cams: np.ndarray) -> np.ndarray:
    """(N, V, 3) all corners of a body at depth one."""
    seen = body.vertices @ cams[:, :3, :3].swapaxes(1, 2) + cams[:, None, :3, 3]
    return seen / seen[..., 2:]


def angles(cams: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = touching(cams[None], rays, np.zeros(rays.shape[:2], bool), PAIRS)
    first, second = PAIRS.T
    return coplanarity(
        cams[None, first, None], cams[None, second, None], found.ray[:, :, 0], found.ray[:, :, 1]
    ).angle[0], found.is_told[0]


@pytest.mark.parametrize("body", [convex_body(), branched_body()], ids=["convex", "branched"])
def test_planes_touch_both_outlines_at_the_true_motion(body: trimesh.Trimesh) -> None:
    cams = orbit(5, away=6.0)
    off, is_told = angles(cams, rays_of(body, cams))
    assert is_told.all()
    np.testing.assert_allclose(off, 0.0, atol=1e-9)


@pytest.mark.parametrize("body", [convex_body(), branched_body()], ids=["convex", "branched"])
def test_planes_miss_the_outline_at_a_wrong_motion(body: trimesh.Trimesh) -> None:
    cams = orbit(5, away=6.0)
    rays = rays_of(body, cams)
    turned = twisted(cams[None], np.random.default_rng(0).normal(scale=0.1, size=(1, 5, 6)))[0]
    off, _ = angles(turned, rays)
    assert np.median(np.abs(off)) > 1e-2


def test_nothing_is_told_where_the_line_between_cameras_passes_through_the_object() -> None:
    cams = orbit(2, away=6.0)
    cams[1] = cams[0]
    cams[1, :3, :3] = np.diag([-1.0, 1.0, -1.0]) @ cams[0, :3, :3]  # from right behind
    rays = rays_of(convex_body(), cams)
    assert not touching(cams[None], rays, np.zeros(rays.shape[:2], bool), PAIRS[:1]).is_told.any()


def test_rate_of_the_angle_is_that_of_small_twists() -> None:
    rng = np.random.default_rng(1)
    cams = orbit(2, away=6.0)
    rays = np.append(rng.normal(scale=0.1, size=(2, 2)), np.ones((2, 1)), axis=1)
    found = coplanarity(*cams, *rays)
    step = 1e-6
    for side, told in ((0, found.by_first), (1, found.by_second)):
        for axis in range(6):
            twists = np.zeros((1, 2, 6))
            twists[0, side, axis] = step
            there, back = (
                coplanarity(*twisted(cams[None], sign * twists)[0], *rays).angle for sign in (1, -1)
            )
            np.testing.assert_allclose(told[axis], (there - back) / (2 * step), atol=1e-6)


def test_rate_of_the_angle_is_that_of_a_ray_that_leaves_its_plane() -> None:
    cams = orbit(2, away=6.0)
    rays = np.array([[0.05, 0.1, 1.0], [-0.1, 0.02, 1.0]])
    step, found = 1e-6, coplanarity(*cams, *rays)
    turned = []
    for angle in np.linspace(0, np.pi, 181):
        moved = rays[0] + step * np.array([np.cos(angle), np.sin(angle), 0.0])
        turned.append(abs(coplanarity(*cams, moved, rays[1]).angle - found.angle) / step)
    np.testing.assert_allclose(found.rate[0], max(turned), rtol=1e-3)
