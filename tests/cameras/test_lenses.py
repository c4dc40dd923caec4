"""Photos that a lens has bent: the geometry sees them straight, the answer speaks of them as they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from objpose.cameras import RecoverOptions
from objpose.cameras.recover import _matchable, _view
from objpose.cameras.scene.photos import Photo
from objpose.features.local import LocalFeatures
from objpose.geometry import Camera
from objpose.splatting.scene_view import SceneView

WIDTH, HEIGHT = 160, 120
K = [[100.0, 0, 79.5], [0, 100.0, 59.5], [0, 0, 1]]
LENSES = [((-0.3, 0.1, 0.001, 0.0), False), ((0.05, 0.0, 0.0, 0.0), True)]


def photo(camera: Camera, image: np.ndarray | None = None) -> Photo:
    return Photo("a.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8) if image is None else image, camera)


@pytest.mark.parametrize(("lens", "fisheye"), LENSES)
def test_rays_of_keypoints_are_those_of_the_lens(lens: tuple, fisheye: bool) -> None:
    camera = Camera.from_K(K, WIDTH, HEIGHT, lens, fisheye)
    keypoints = np.random.default_rng(0).uniform(5, 115, (50, 2)).astype(np.float32)
    view = _view(photo(camera), LocalFeatures(keypoints, np.zeros((1, 50, 8), np.float32)), RecoverOptions())
    expected = camera.unproject(keypoints, torch.ones(50))[:, :2]
    np.testing.assert_allclose(view.rays, expected, atol=1e-5)
    np.testing.assert_allclose(view.on_photo(view.features.keypoints), keypoints, atol=1e-3)
    assert view.camera is camera


def test_no_keypoints_where_the_lens_sees_nothing() -> None:
    camera = Camera.from_K(K, WIDTH, HEIGHT, (-1 / 3, 0.0, 0.0, 0.0))
    matchable = _matchable(photo(camera))
    assert matchable[60, 80] and not matchable[0, 0]
    assert _matchable(photo(camera.pinhole)) is None


@pytest.mark.parametrize(("lens", "fisheye"), LENSES)
def test_photos_are_straightened_before_they_are_fitted(lens: tuple, fisheye: bool) -> None:
    """Colours that tell each pixel's column and row say where the straight pixels come from."""
    camera = Camera.from_K(K, WIDTH, HEIGHT, lens, fisheye)
    rows, columns = np.indices((HEIGHT, WIDTH))
    image = np.stack([columns, rows, 0 * rows], axis=-1).astype(np.uint8)
    view = SceneView.of(image, camera, None, WIDTH)
    expected = camera.project(view.camera.rays())
    inner = (expected > 1).all(-1) & (expected[..., 0] < WIDTH - 2) & (expected[..., 1] < HEIGHT - 2)
    assert view.camera.lens is None and view.shown[inner].all()
    torch.testing.assert_close(view.rgb[inner][:, :2] * 255, expected[inner], rtol=0, atol=0.1)
