"""A recovered scene as splats: pictures from where no photo was taken, and whom it trusts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from objpose.cameras import Photo, RecoveredScene
from objpose.cameras.answer.points import no_points
from objpose.cameras.answer.recovered import se3
from objpose.cameras.splats.options import SplatOptions
from objpose.cameras.splats.scene_splats import picture
from objpose.errors import InputError
from objpose.splatting import SceneFitOptions
from tests.cameras.corner_scene import AZIMUTHS, corner_camera, drawn, recovered
from tests.cameras.photo_sets import look_at_origin

WIDTH = 96
QUICK = SceneFitOptions(steps=20, size=WIDTH, start=2000, most=2500)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((one / 255.0 - other / 255.0) ** 2)))


def test_a_scene_shows_what_a_photo_would_from_a_new_place() -> None:
    scene = recovered([1.0] * 4, WIDTH)
    fitted = scene.fit_splats(QUICK)
    found = picture(scene, fitted, corner_camera(WIDTH), se3(look_at_origin(48.0)), SplatOptions())
    assert found.shape == (3 * WIDTH // 4, WIDTH, 3) and found.dtype == np.uint8
    truth = drawn(48.0, WIDTH)
    assert psnr(found, truth) > max(psnr(drawn(azimuth, WIDTH), truth) for azimuth in AZIMUTHS) + 3


def test_photos_that_are_not_trusted_take_no_part() -> None:
    options = SceneFitOptions(steps=1, size=WIDTH, start=500)
    doubted = recovered([1.0, 1.0, 1.0, 0.2], WIDTH)
    negative = Photo("3.png", 255 - doubted.sources[3].image, corner_camera(WIDTH))
    spoilt = (*doubted.sources[:3], negative)
    other = RecoveredScene(doubted.photos, doubted.points, torch.eye(4), False, {}, sources=spoilt)
    assert torch.equal(doubted.fit_splats(options).sh, other.fit_splats(options).sh)


def test_too_few_trusted_photos_are_refused() -> None:
    with pytest.raises(InputError, match="1 trusted photos"):
        recovered([1.0, 0.3, 0.3, 0.2], WIDTH).splats  # noqa: B018
    none = RecoveredScene((), no_points(), torch.eye(0), False, {})
    with pytest.raises(InputError, match="0 trusted photos"):
        none.splats  # noqa: B018
