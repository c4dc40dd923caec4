"""Ellipses are found to a tenth of a pixel, and noise and squares show none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from objpose.cameras.coins.ellipses import Ellipse, find_ellipses
from objpose.errors import InputError


def picture(middle: tuple[float, float], axes: tuple[float, float], degrees: float) -> np.ndarray:
    rows, columns = np.mgrid[:960, :1280] / 4 - 0.375  # four by four to a pixel
    turn = np.radians(degrees)
    along = (columns - middle[0]) * np.cos(turn) + (rows - middle[1]) * np.sin(turn)
    across = -(columns - middle[0]) * np.sin(turn) + (rows - middle[1]) * np.cos(turn)
    grey = np.where((along / axes[0]) ** 2 + (across / axes[1]) ** 2 < 1, 170.0, 80.0)
    grey = grey.reshape(240, 4, 320, 4).mean((1, 3))
    noise = np.random.default_rng(0).normal(scale=2.0, size=grey.shape)
    grey = gaussian_filter(grey, 0.6) + noise
    return np.repeat(grey.round().clip(0, 255).astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize("axes", [(12.3, 7.1), (30.0, 18.4), (25.0, 25.0)])
def test_the_middle_and_axes_of_a_blurred_ellipse(axes: tuple[float, float]) -> None:
    [found] = find_ellipses(picture((150.3, 99.8), axes, 35.0))
    assert np.abs(found.middle - [150.3, 99.8]).max() < 0.1
    # Blur moves an edge towards the inside of its bend, the more the sharper it is.
    assert np.abs(np.sort(found.axes) - np.sort(axes)).max() < 0.2


def test_squares_show_none() -> None:
    square = np.full((240, 320, 3), 80, np.uint8)
    square[80:140, 100:190] = 170
    assert find_ellipses(square) == []


def test_its_normals_point_away_from_the_middle() -> None:
    one = Ellipse(np.array([5.0, 7.0]), np.array([4.0, 2.0]), 0.3, np.zeros((0, 2)))
    points, outward = one.at(np.linspace(0, 6, 20))
    assert (((points - one.middle) * outward).sum(1) > 0).all()
    assert np.allclose(np.linalg.norm(outward, axis=1), 1.0)


def test_without_opencv_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "aruco")
    with pytest.raises(InputError, match=r"objpose\[tags\]"):
        find_ellipses(np.zeros((8, 8, 3), np.uint8))
