"""A recovered scene as splats: pictures from where no photo was taken, and its file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from objpose.cameras import Photo
from objpose.cameras.recovered import RecoveredPhoto, RecoveredScene, no_points, se3
from objpose.cameras.scene_splats import picture
from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io import SparsePoints
from objpose.splatting import SceneFitOptions
from tests.cameras.photo_sets import draw_corner, look_at_origin

WIDTH, HEIGHT = 96, 72
CAMERA = Camera.from_K(
    [[1.1 * WIDTH, 0, (WIDTH - 1) / 2], [0, 1.1 * WIDTH, (HEIGHT - 1) / 2], [0, 0, 1]], WIDTH, HEIGHT
)
AZIMUTHS = [38.0, 44.0, 52.0, 58.0]
QUICK = SceneFitOptions(steps=30, size=WIDTH, start=2000, most=2500)


def drawn(azimuth: float) -> np.ndarray:
    """(H, W, 3) uint8 of the corner of a room, averaged from a picture of four times the size."""
    big = draw_corner(look_at_origin(azimuth), 4 * WIDTH, 4 * HEIGHT)
    return np.asarray(Image.fromarray(big).resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def corner_points() -> np.ndarray:
    """(P, 3) of its floor and two walls."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1.2, 0.3, (90, 3))
    points[np.arange(90), np.arange(90) % 3] = -1.2
    return points


def recovered(confidences: list[float]) -> RecoveredScene:
    """As recover_cameras would answer; points that fall outside of a photo are not seen there."""
    xyz = corner_points()
    photos, point, photo = [], [], []
    for index, (azimuth, confidence) in enumerate(zip(AZIMUTHS, confidences, strict=True)):
        cam_from_world = se3(look_at_origin(azimuth))
        photos.append(RecoveredPhoto(f"{index}.png", CAMERA, cam_from_world, confidence, island=0))
        pixels = CAMERA.project(cam_from_world.apply(torch.from_numpy(xyz))).numpy()
        seen = np.flatnonzero(((pixels > 0) & (pixels < [WIDTH - 1, HEIGHT - 1])).all(1))
        point.append(seen)
        photo.append(np.full(len(seen), index))
    point, photo = np.concatenate(point), np.concatenate(photo)
    points = SparsePoints(xyz, np.zeros((90, 3), np.uint8), point, photo, np.zeros((len(point), 2)))
    sources = tuple(
        Photo(one.name, drawn(azimuth), CAMERA) for one, azimuth in zip(photos, AZIMUTHS, strict=True)
    )
    return RecoveredScene(tuple(photos), points, torch.eye(4), False, {}, sources=sources)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((one / 255.0 - other / 255.0) ** 2)))


def test_a_scene_shows_what_a_photo_would_from_a_new_place() -> None:
    scene = recovered([1.0] * 4)
    fitted = scene.fit_splats(QUICK)
    found = picture(scene, fitted, CAMERA, se3(look_at_origin(48.0)))
    assert found.shape == (HEIGHT, WIDTH, 3) and found.dtype == np.uint8
    truth = drawn(48.0)
    assert psnr(found, truth) > max(psnr(drawn(azimuth), truth) for azimuth in AZIMUTHS) + 3


def test_photos_that_are_not_trusted_take_no_part() -> None:
    options = SceneFitOptions(steps=1, size=WIDTH, start=500)
    doubted = recovered([1.0, 1.0, 1.0, 0.2])
    spoilt = tuple(doubted.sources[:3]) + (Photo("3.png", 255 - doubted.sources[3].image, CAMERA),)
    other = RecoveredScene(doubted.photos, doubted.points, torch.eye(4), False, {}, sources=spoilt)
    assert torch.equal(doubted.fit_splats(options).sh, other.fit_splats(options).sh)


def test_too_few_trusted_photos_are_refused() -> None:
    with pytest.raises(InputError, match="1 trusted photos"):
        recovered([1.0, 0.3, 0.3, 0.2]).splats  # noqa: B018
    none = RecoveredScene((), no_points(), torch.eye(0), False, {})
    with pytest.raises(InputError, match="0 trusted photos"):
        none.splats  # noqa: B018
