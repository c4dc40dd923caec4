"""The hull of true cameras covers every silhouette; that of wrong ones does not."""

import numpy as np
import pytest
import trimesh

from objpose.cameras.silhouettes.fitting import twisted
from objpose.cameras.silhouettes.outlines import Outlines
from tests.cameras.silhouettes.figures import branched_body, convex_body, in_orbit_unit, orbit, silhouettes_of

FOCAL, AWAY, PHOTOS = 400.0, 8.0, np.arange(5)


def scene(body: trimesh.Trimesh) -> tuple[Outlines, np.ndarray]:
    cams = orbit(5, AWAY)
    silhouettes = silhouettes_of(body, cams, FOCAL)
    return Outlines(silhouettes), in_orbit_unit(cams, silhouettes)


@pytest.mark.parametrize("body", [convex_body(), branched_body()], ids=["convex", "branched"])
def test_hull_of_true_cameras_covers_all_silhouettes(body: trimesh.Trimesh) -> None:
    outlines, cams = scene(body)
    short = outlines.shortfall(cams[None], PHOTOS, 64, 200)
    assert short.max() < 1.0  # sigmas of 1.5 pixels, where outlines are cut into pixels


@pytest.mark.parametrize("body", [convex_body(), branched_body()], ids=["convex", "branched"])
def test_hull_falls_short_of_outlines_with_a_camera_turned_about_the_object(body: trimesh.Trimesh) -> None:
    outlines, cams = scene(body)
    turn = np.eye(4)
    turn[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]
    wrong = cams.copy()
    wrong[2] = cams[2] @ turn
    right, short = outlines.shortfall(np.stack([cams, wrong]), PHOTOS, 64, 200).mean((1, 2))
    assert short > 0.5
    assert short > 20 * right


def test_fewer_points_and_a_batch_change_nothing_but_which_are_looked_at() -> None:
    outlines, cams = scene(branched_body())
    rough = twisted(np.stack([cams] * 3), np.random.default_rng(0).normal(scale=0.05, size=(3, 5, 6)))
    together = outlines.shortfall(rough, PHOTOS, 16, 40)
    alone = [outlines.shortfall(one[None], PHOTOS, 16, 40)[0] for one in rough]
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_array_equal(together, outlines.shortfall(rough, PHOTOS, 64, 40)[:, :, ::4])


def test_derivatives_foretell_what_small_twists_change() -> None:
    outlines, cams = scene(branched_body())
    rng = np.random.default_rng(0)
    rough = twisted(cams[None], rng.normal(scale=0.08, size=(1, 5, 6)))
    off, slope = outlines.linearised(rough, PHOTOS, 16, 800)
    np.testing.assert_allclose(off, outlines.shortfall(rough, PHOTOS, 16, 800).reshape(1, -1), atol=1e-4)
    foretold, found = [], []
    for _ in range(20):
        twist = 2e-3 * rng.normal(size=(1, 5, 6))
        there, back = (
            outlines.shortfall(twisted(rough, sign * twist), PHOTOS, 16, 800).sum() for sign in (1, -1)
        )
        foretold.append(2 * (slope[0] @ twist.ravel()).sum())
        found.append(there - back)
    assert np.corrcoef(foretold, found)[0, 1] > 0.98
    assert (
        0.8 < np.dot(foretold, found) / np.dot(found, found) < 1.25
    )  # distances are kept in cells of some pixels
