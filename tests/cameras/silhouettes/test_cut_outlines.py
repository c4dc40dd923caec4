"""An outline that the photo's border cuts tells as far as it is seen; beyond the border it tells nothing."""

import numpy as np
import pytest

from objpose.cameras.silhouettes.options import OrbitOptions, SilhouetteOptions
from objpose.cameras.silhouettes.orbit import Matched, Orbit
from objpose.cameras.silhouettes.outlines import Outlines
from objpose.cameras.silhouettes.silhouette import Silhouette, silhouette_of
from tests.cameras.silhouettes.figures import (
    HEIGHT,
    WIDTH,
    branched_body,
    in_orbit_unit,
    masks_of,
    orbit,
    silhouettes_of,
    view_of,
)

FOCAL, AWAY, PHOTOS = 400.0, 8.0, np.arange(5)


@pytest.fixture(scope="module")
def scene() -> tuple[list[Silhouette], np.ndarray]:
    """Five photos of a body, the first two of which look aside, so that a border cuts it."""
    cams = orbit(5, AWAY)
    whole = in_orbit_unit(cams, silhouettes_of(branched_body(), cams, FOCAL))
    unit = whole[0, 2, 3] / cams[0, 2, 3]
    cams[0, 0, 3] += 2.8
    cams[1, 1, 3] -= 2.0
    cams[:, :3, 3] *= unit  # the body is measured where all of it is seen
    body = branched_body()
    body.apply_scale(unit)
    return silhouettes_of(body, cams, FOCAL), cams


def test_corners_on_the_border_are_open_and_no_point_of_the_outline_is(
    scene: tuple[list[Silhouette], np.ndarray],
) -> None:
    half = np.array([WIDTH - 1, HEIGHT - 1]) / 2
    for index, found in enumerate(scene[0]):
        assert (found.cut > 0.0) == found.is_open.any() == (index < 2)
        border = (np.abs(found.corners * FOCAL) > half - 0.75).any(-1)
        np.testing.assert_array_equal(found.is_open, border)
        assert (np.abs(found.outline * FOCAL) < half - 0.75).all()


def test_cut_outlines_agree_with_the_true_cameras(scene: tuple[list[Silhouette], np.ndarray]) -> None:
    silhouettes, cams = scene
    assert Outlines(silhouettes).shortfall(cams[None], PHOTOS, 64, 200).max() < 1.0
    off, size = Orbit(silhouettes, Matched.none(), OrbitOptions(), np.array([1.0, 0.0])).planes(cams[None])
    assert 0.5 < (size > 0).mean() < 1.0
    assert np.abs(off).max() < 2.0


def test_taken_for_whole_they_contradict_them(scene: tuple[list[Silhouette], np.ndarray]) -> None:
    """So it is the open corners that keep planes from being off."""
    silhouettes, cams = scene
    orbit_of = Orbit(silhouettes, Matched.none(), OrbitOptions(), np.array([1.0, 0.0]))
    orbit_of.is_open = np.zeros_like(orbit_of.is_open)
    assert np.abs(orbit_of.planes(cams[None])[0]).max() > 10.0


def test_an_object_of_which_the_border_cuts_most_has_no_outline() -> None:
    mask = masks_of(branched_body(), orbit(1, 2.0), FOCAL)[0]
    assert mask.mean() > 0.3
    cut = np.ones_like(mask)
    cut[:20] = False
    assert silhouette_of(view_of(FOCAL), cut, SilhouetteOptions()) is None
