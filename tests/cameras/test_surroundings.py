"""What surrounds a masked object is asked where it moves with it, and makes nothing sure by itself."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from objpose.cameras.answer.island import Island
from objpose.cameras.options import RecoverOptions
from objpose.cameras.recover import _view
from objpose.cameras.scene.photos import Photo
from objpose.cameras.solving import Solved
from objpose.cameras.surroundings import SURROUNDED, joined_by_object, stand_still
from tests.cameras.moving_object import CAMERA, pasted, rooms
from tests.cameras.photo_sets import few_keypoints, look_at_origin

WALKED = [look_at_origin(azimuth, 30, 3.0) for azimuth in (38, 46, 54)]
HELD = [look_at_origin(azimuth, tilt, 3.0) for azimuth, tilt in ((38, 15), (30, 30), (42, 40))]
PAIRS = {(0, 1), (0, 2), (1, 2)}
ROOMS = rooms(WALKED)


def solved(cams: list[np.ndarray]) -> Solved:
    grown = SimpleNamespace(placement=SimpleNamespace(cams_from_world=dict(enumerate(cams))), evidence=0.0)
    problem = SimpleNamespace(options=RecoverOptions().pairs, focal_groups={}, views=[None] * len(cams))
    return Solved(problem, [Island(grown, {}, [])], {})


def masked(cams: list[np.ndarray], backgrounds: list[np.ndarray]) -> list[Photo]:
    photos = pasted(backgrounds, cams, 1.0)
    shown = [np.any(photo.image != room, axis=-1) for photo, room in zip(photos, backgrounds, strict=True)]
    return [replace(photo, camera=CAMERA, mask=mask) for photo, mask in zip(photos, shown, strict=True)]


@pytest.mark.parametrize(
    ("cams", "backgrounds", "is_still"),
    [(WALKED, ROOMS, True), (HELD, ROOMS, False), (WALKED, ROOMS[:1] * 3, False)],
    ids=["stands in the room", "moved by hand", "turned before a still camera"],
)
def test_surroundings_stand_still_where_they_move_as_the_object_does(
    cams: list[np.ndarray], backgrounds: list[np.ndarray], is_still: bool
) -> None:
    photos = masked(cams, backgrounds)
    matched = few_keypoints(500)([photo.image for photo in photos], [None] * 3)
    views = [_view(photo, one, RecoverOptions()) for photo, one in zip(photos, matched.features, strict=True)]
    assert stand_still(solved(cams), PAIRS, views, matched, photos) is is_still
    assert not stand_still(solved(cams), set(), views, matched, photos)


def test_what_surroundings_alone_join_is_parted() -> None:
    joined = joined_by_object(solved(WALKED), solved(WALKED[:2]), {(0, 1)}).islands[0]
    assert joined.parted(0, 1) is None
    assert joined.parted(0, 2) == joined.parted(1, 2) == SURROUNDED


def test_what_the_object_is_sure_of_is_not_given_up_for_its_surroundings() -> None:
    alone = solved(HELD)
    assert joined_by_object(solved(WALKED), alone, {(0, 1)}) is alone
