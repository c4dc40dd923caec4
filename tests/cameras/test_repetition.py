"""What repeats itself: told where nobody knows the focal length, and no thing that moves by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras import Photo, RecoverOptions, recover_cameras
from objpose.cameras.placing.interleaved import moves_apart
from objpose.cameras.placing.options import MotionOptions
from objpose.cameras.placing.repeated import repeated
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.tracks import Tracks
from objpose.cameras.scene.views import View
from objpose.features.local import LocalFeatures
from tests.cameras.moving_object import rooms
from tests.cameras.photo_sets import few_keypoints, look_at_origin
from tests.cameras.shelf import along_the_shelf, shelf_photos

FEW = few_keypoints(250)


@pytest.fixture(scope="module")
def shelf() -> list[Photo]:
    return shelf_photos(along_the_shelf((-0.6, -0.2, 0.2)))


def test_without_focal_lengths_no_photo_of_a_shelf_is_sure(shelf: list[Photo]) -> None:
    untold = [replace(photo, camera=None) for photo in shelf]
    found = recover_cameras(untold, matcher=FEW, options=RecoverOptions(threads=1))
    assert found.placed
    assert max(photo.confidence for photo in found.photos) <= 0.5
    assert all("repeats itself" in photo.reason and "--intrinsics" in photo.reason for photo in found.placed)


def test_a_focal_length_by_exif_is_told(shelf: list[Photo]) -> None:
    by_exif = [replace(photo, camera=None, focal_px=photo.camera.fx) for photo in shelf]
    found = recover_cameras(by_exif, matcher=FEW, options=RecoverOptions(threads=1))
    assert not any("repeats itself" in (photo.reason or "") for photo in found.photos)


def test_a_room_of_random_prints_does_not_repeat_itself() -> None:
    cams = [look_at_origin(azimuth, 30, 3.0) for azimuth in (38, 46, 54)]
    photos = [Photo(f"{i}.png", image) for i, image in enumerate(rooms(cams))]
    found = recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1))
    assert not any("repeats itself" in (photo.reason or "") for photo in found.photos)


def seen(keypoints: np.ndarray, likes: bool) -> tuple[list[View], Placement, Placement]:
    """Three photos of the same keypoints (2 K, 2), half of them in either placement, with their like in the
    other one or nowhere.
    """
    half = len(keypoints) // 2
    described = np.random.default_rng(1).normal(size=(1, len(keypoints), 64)).astype(np.float32)
    if likes:
        described[:, half:] = described[:, half - 1 :: -1]
    described /= np.linalg.norm(described, axis=2, keepdims=True)
    features = LocalFeatures(keypoints, described, size=(640, 480))
    views = [View(f"{i}.png", 640, 480, np.diag([600.0, 600.0, 1.0]), features) for i in range(3)]
    cams = {index: np.eye(4) for index in range(3)}
    track = np.repeat(np.arange(half), 3)

    def placement(first: int) -> Placement:
        tracks = Tracks(np.tile(np.arange(3), half), track + first, track, half)
        return Placement(cams, tracks, np.zeros((half, 3)), {})

    return views, placement(0), placement(half)


def in_two_places() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate(
        [rng.uniform((0, 0), (300, 480), (40, 2)), rng.uniform((340, 0), (640, 480), (40, 2))]
    )


def in_one_place() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 480, (80, 2))


def test_what_is_like_the_first_and_lies_between_its_points_is_one_with_it() -> None:
    assert not moves_apart(*seen(in_one_place(), likes=True), MotionOptions())


def test_what_is_like_nothing_moves_apart_wherever_it_lies() -> None:
    assert moves_apart(*seen(in_one_place(), likes=False), MotionOptions())


def test_a_copy_in_a_place_of_its_own_moves_apart() -> None:
    assert moves_apart(*seen(in_two_places(), likes=True), MotionOptions())


def test_a_copy_that_no_three_photos_see_does_not() -> None:
    views, first, second = seen(in_two_places(), likes=True)
    two = second.tracks.without(second.tracks.view == 2)
    assert not moves_apart(views, first, replace(second, tracks=two), MotionOptions())


def test_repeated_keypoints_have_their_like_apart() -> None:
    view = seen(in_two_places(), likes=True)[0][0]
    assert repeated(view, MotionOptions()).all()
    assert not repeated(seen(in_two_places(), likes=False)[0][0], MotionOptions()).any()
    assert not repeated(view, MotionOptions(beside=2.0)).any()
