"""A photo given twice tells nothing more: the answer for the others is the same to the last digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from objpose.cameras import Known, Photo, RecoverOptions, recover_cameras
from objpose.cameras.copies import first_of_picture
from objpose.geometry import Camera
from tests.cameras.photo_sets import corner_K, draw_corner, few_keypoints, look_at_origin

CAMERA = Camera.from_K(corner_K(), 400, 300)
FEW = few_keypoints()
CAMS = [look_at_origin(40, 30, 3.0), look_at_origin(52, 36, 3.2), look_at_origin(47, 24, 2.8)]
PHOTOS = [Photo(f"{index}.png", draw_corner(cam), CAMERA) for index, cam in enumerate(CAMS)]


def again(photo: Photo, name: str, noise: float = 0.0) -> Photo:
    """The same picture under another name, its greys off by so many levels."""
    off = np.random.default_rng(0).normal(scale=noise, size=photo.image.shape)
    return replace(photo, name=name, image=(photo.image + off).round().clip(0, 255).astype(np.uint8))


def test_copies_change_nothing_of_the_others() -> None:
    options = RecoverOptions(threads=1)
    alone = recover_cameras(PHOTOS, matcher=FEW, options=options)
    copies = [again(PHOTOS[1], "9.png"), again(PHOTOS[1], "8.png"), again(PHOTOS[0], "7.png", 4.0)]
    among = recover_cameras([*PHOTOS[:2], *copies, PHOTOS[2]], matcher=FEW, options=options)
    originals = [PHOTOS[index].name for index in (0, 1, 1, 1, 0, 2)]
    for found, name in zip(among.photos, originals, strict=True):
        expected = alone[name]
        assert torch.equal(found.cam_from_world.matrix(), expected.cam_from_world.matrix())
        assert torch.equal(found.covariance, expected.covariance)
        assert found.confidence == expected.confidence
    places = [int(name[0]) for name in originals]
    assert torch.equal(among.pair_confidence, alone.pair_confidence[places][:, places])
    assert [photo.name for photo in among.photos] == [photo.name for photo in among.sources]
    reasons = {photo.name: photo.reason for photo in among.photos if photo.reason}
    assert reasons.keys() == {"9.png", "8.png", "7.png"} and all("again" in one for one in reasons.values())
    assert [among.sources[photo].name for photo in among.points.photo] == [
        alone.sources[photo].name for photo in alone.points.photo
    ]


def test_photos_that_all_show_one_picture_are_no_copies_and_not_sure() -> None:
    same = [PHOTOS[0], again(PHOTOS[0], "8.png"), again(PHOTOS[0], "9.png")]
    assert first_of_picture(same, Known()) == [0, 1, 2]
    for photos in (same, same[:2]):
        found = recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1))
        assert all(photo.confidence <= 0.5 and photo.reason for photo in found.photos)


def test_a_step_aside_is_no_copy() -> None:
    near = [look_at_origin(40 + turn, 30, 3.0) for turn in (0.0, 0.1, 0.2)]
    photos = [Photo(f"{index}.png", draw_corner(cam), CAMERA) for index, cam in enumerate(near)]
    assert first_of_picture(photos, Known()) == [0, 1, 2]


def test_the_same_picture_by_another_camera_or_known_for_itself_is_no_copy() -> None:
    copy = again(PHOTOS[0], "9.png")
    assert first_of_picture([PHOTOS[0], PHOTOS[1], copy], Known()) == [0, 1, 0]
    mask = np.ones((300, 400), dtype=bool)
    K = corner_K() * np.array([[1.1], [1.1], [1.0]])
    for other in (
        replace(copy, camera=None),
        replace(copy, camera=Camera.from_K(K, 400, 300)),
        replace(copy, mask=mask),
        replace(copy, camera=None, focal_px=440.0),
    ):
        assert first_of_picture([PHOTOS[0], PHOTOS[1], other], Known()) == [0, 1, 2]
    length = Known(lengths=(("9.png", "1.png", 2.0),))
    assert first_of_picture([PHOTOS[0], PHOTOS[1], copy], length) == [2, 1, 2]
    steps = Known(turntable_step=20.0)
    assert first_of_picture([PHOTOS[0], PHOTOS[1], copy], steps) == [0, 1, 2]
