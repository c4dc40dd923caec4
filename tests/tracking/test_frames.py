"""Frames of a source, as the tracker takes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io import write_image
from objpose.io.frame_sources import Shot
from objpose.tracking import frame_of, read_frames

WIDTH, HEIGHT = 32, 24
K = [40.0, 0, 15.5, 0, 40.0, 11.5, 0, 0, 1]


def shot(depth: float) -> Shot:
    camera = Camera.from_K(K, WIDTH, HEIGHT)
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    return Shot(3, "0003.png", 0.1, pixels, camera, np.full((HEIGHT, WIDTH), depth, np.float32))


def test_frames_come_with_their_times_and_names(tmp_path: Path) -> None:
    for number in (7, 8):
        write_image(tmp_path / "frames" / f"{number}.png", np.full((HEIGHT, WIDTH, 3), number, np.uint8))
    (tmp_path / "camera.json").write_text(json.dumps({"K": K}))
    frames = list(read_frames(tmp_path / "frames", tmp_path / "camera.json", rate=10))
    assert [(int(frame.rgb[0, 0, 0]), time, name) for frame, time, name in frames] == [
        (7, pytest.approx(0.7), "7.png"),
        (8, pytest.approx(0.8), "8.png"),
    ]


def test_a_source_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_frames(tmp_path / "gone")


def test_a_frame_whose_depth_is_missing_everywhere_has_none() -> None:
    """A hand on the lens ends no video."""
    assert frame_of(shot(0.0)).depth is None
    assert frame_of(shot(0.7)).depth is not None


def test_a_frame_that_is_refused_is_named() -> None:
    with pytest.raises(InputError, match=r"0003\.png: depth: found a median of 700 m"):
        frame_of(shot(700.0))
