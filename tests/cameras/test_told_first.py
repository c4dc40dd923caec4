"""Photos of told focal lengths stay where they stand for sure, whatever the others show."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.cameras import Photo, RecoveredScene, RecoverOptions, recover_cameras
from objpose.cameras.pairs.focal import UnknownFocals
from tests.cameras.photo_sets import few_keypoints
from tests.cameras.shelf import along_the_shelf, shelf_photos

FEW = few_keypoints(400)
FIRM = slice(0, 3)  # of the photos, those that come with their camera


@pytest.fixture(scope="module")
def shelf() -> list[Photo]:
    photos = shelf_photos(along_the_shelf((-0.3, -0.1, 0.2, 0.4)))
    return [*photos[FIRM], replace(photos[3], camera=None)]


@pytest.fixture(scope="module")
def found(shelf: list[Photo]) -> RecoveredScene:
    return recover_cameras(shelf, matcher=FEW, options=RecoverOptions(threads=1))


def test_an_untold_focal_length_moves_no_photo_that_stood_for_sure(shelf, found: RecoveredScene) -> None:
    alone = recover_cameras(shelf[FIRM], matcher=FEW, options=RecoverOptions(threads=1))
    assert alone.pair_confidence.min() > 0.9
    for a, b in ((0, 1), (0, 2), (1, 2)):
        before, now = (
            one.photos[b].cam_from_world @ one.photos[a].cam_from_world.inverse() for one in (alone, found)
        )
        assert (before.rotation.inverse() @ now.rotation).angle() < 1e-4
        directions = [torch.nn.functional.normalize(one.translation, dim=0) for one in (before, now)]
        torch.testing.assert_close(*directions, atol=1e-4, rtol=0.0)


def test_what_repeats_itself_is_doubted_of_the_untold_alone(found: RecoveredScene) -> None:
    *firm, untold = found.photos
    assert all(photo.confidence > 0.9 and photo.reason is None for photo in firm)
    assert untold.confidence <= 0.5 and "repeats itself" in untold.reason


def test_groups_that_exif_tells_are_told(shelf: list[Photo]) -> None:
    by_exif = replace(shelf[3], focal_px=500.0)
    unknown = UnknownFocals.of([*shelf, by_exif])
    assert unknown.untold == {3}
    assert unknown.of_told().groups.keys() == {4} and not unknown.of_told().untold
