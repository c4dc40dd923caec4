"""Real sequences of the tracking benchmarks: blanked frames, errors in the image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from objpose.geometry import SE3
from objpose.tracking.benchmark import play
from tests.tracking.benchmark.fakes import CAMERA, FakeTracker, recording


def test_blanked_frames_are_black_and_the_others_as_they_were():
    from tracking_real import blanked

    given = recording(length=9)
    made = blanked(given, 3, 4)
    assert made.present.tolist() == [True] * 3 + [False] * 4 + [True] * 2
    for index in range(9):
        expected = torch.zeros_like(given.frame(0).rgb) if 3 <= index < 7 else given.frame(index).rgb
        assert (made.frame(index).rgb == expected).all()
    assert made.frame(4).depth is None


def test_pixels_of_a_known_shift():
    from tracking_real import pixels_off

    given = recording(length=6)
    assert np.allclose(pixels_off(play(FakeTracker(given), given, reset=False), CAMERA), 0, atol=1e-6)

    class Aside(FakeTracker):
        """A centimetre to the right of the truth, as the camera sees it."""

        def update(self, frame, timestamp=None):
            [state] = super().update(frame, timestamp)
            shift = SE3.exp(torch.tensor([0.01, 0, 0, 0, 0, 0]).double())
            return (type(state)(**{**vars(state), "cam_from_obj": shift @ state.cam_from_obj}),)

    off = pixels_off(play(Aside(given), given, reset=False), CAMERA)
    depth = given.cam_from_obj[1:].apply_points(given.points)[..., 2].median(dim=1).values
    assert off == pytest.approx(0.01 * CAMERA.fx / depth.numpy(), rel=0.05)


def test_nothing_found_is_infinitely_far():
    from tracking_real import pixels_off

    given = recording(length=3)

    class Blind(FakeTracker):
        def update(self, frame, timestamp=None):
            [state] = super().update(frame, timestamp)
            return (type(state)(**{**vars(state), "cam_from_obj": None}),)

    assert np.isinf(pixels_off(play(Blind(given), given, reset=False), CAMERA)).all()
