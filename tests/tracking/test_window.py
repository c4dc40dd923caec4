"""The part of a frame about an object, in cells."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import Camera
from objpose.tracking.sight import Sight
from objpose.tracking.window import coarser, window_about
from tests.synthetic import CAMERA, HEIGHT, WIDTH

SIDE = 16


def sight() -> Sight:
    """Red is the column, green the row."""
    rgb = torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8)
    rgb[..., 0] = torch.arange(WIDTH) % 256
    rgb[..., 1] = (torch.arange(HEIGHT) % 256)[:, None]
    return Sight(rgb, None, CAMERA.K.float())


@pytest.mark.parametrize("cell", [1, 3, 4])
def test_its_camera_sees_in_a_cell_what_the_frame_shows_there(cell: int) -> None:
    point = torch.tensor([-0.02, 0.03, 0.5])
    window = window_about(sight(), point.tolist(), cell, SIDE)
    column, row = ((point / point[2]) @ window.K.mT)[:2].tolist()
    assert abs(column - (SIDE - 1) / 2) <= 1.0 and abs(row - (SIDE - 1) / 2) <= 1.0  # in the middle
    frame = ((point / point[2]) @ CAMERA.K.float().mT)[:2]
    at = 255 * window.seen[round(row), round(column), :2]
    assert bool(window.inside.all()) and bool(((at - frame).abs() <= 0.51 * cell).all())


def test_coarser_is_a_crop_that_is_resized() -> None:
    camera = Camera(CAMERA.K, WIDTH, HEIGHT).crop(-7, 12, 4 * SIDE, 4 * SIDE).resize(SIDE, SIDE)
    torch.testing.assert_close(coarser(CAMERA.K.float(), -7, 12, 4), camera.K.float())


def test_beyond_the_frame_nothing_is_inside() -> None:
    for x in (-9.0, 9.0):
        window = window_about(sight(), (x, 0.0, 0.5), 2, SIDE)
        assert not bool(window.inside.any()) and not bool(window.seen.any())
    half = window_about(sight(), ((0.5 - float(CAMERA.K[0, 2])) / float(CAMERA.K[0, 0]), 0.0, 1.0), 2, SIDE)
    assert 0.3 < float(half.inside.float().mean()) < 0.7
