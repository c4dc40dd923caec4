"""A printed box pasted over photos: both motions are named, and the one that is asked for is the answer."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.cameras import Known, Photo, RecoveredScene, RecoverOptions, recover_cameras
from objpose.errors import InputError
from tests.cameras.moving_object import CAMERA, pasted, rooms
from tests.cameras.photo_sets import few_keypoints, look_at_origin, worst_error

FEW = few_keypoints(500)
TURNED = [look_at_origin(azimuth, 25, 4.0) for azimuth in (0, 15, 30)]
HELD = [look_at_origin(azimuth, tilt, 4.0) for azimuth, tilt in ((0, 15), (10, 30), (20, 15))]
WALKED = [look_at_origin(azimuth, 30, 3.0) for azimuth in (38, 46, 54)]


def recovered(photos: list[Photo], of: str | None = None) -> RecoveredScene:
    return recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1, known=Known(of=of)))


def cams_of(cams_from_world) -> dict[int, np.ndarray]:
    return {int(name[0]): cam.matrix().numpy() for name, cam in cams_from_world.items()}


@pytest.fixture(scope="module")
def turntable() -> list[Photo]:
    return pasted(rooms(WALKED[:1]) * 3, TURNED, 1.3)


def test_an_object_turned_before_a_still_background(turntable: list[Photo]) -> None:
    found = recovered(turntable)
    first, other = found.motions
    assert (first.thing, other.thing) == ("object", "scene")
    assert "stands still in 3 photos" in other.told
    assert worst_error(cams_of({one.name: one.cam_from_world for one in found.placed}), TURNED) < 2.0
    assert len(found.placed) == 3 and max(one.confidence for one in found.photos) <= 0.5
    assert all("this is the motion of the middle" in one.reason for one in found.photos)


def test_who_says_the_object_is_answered_surely(turntable: list[Photo]) -> None:
    found = recovered(turntable, "object")
    assert worst_error(cams_of({one.name: one.cam_from_world for one in found.placed}), TURNED) < 2.0
    assert min(one.confidence for one in found.photos) > 0.9


def test_who_says_the_scene_is_told_that_the_camera_stood(turntable: list[Photo]) -> None:
    found = recovered(turntable, "scene")
    places = [one.cam_from_world.matrix().numpy() for one in found.placed]
    assert len(places) == 3 and all(np.allclose(one, places[0]) for one in places)
    assert min(one.confidence for one in found.photos) > 0.9
    assert found.motions[1].thing == "object" and len(found.motions[1].cams_from_world) == 3


def test_a_standing_camera_before_nothing_is_told_and_not_sure() -> None:
    photos = [Photo(f"{i}.png", rooms(WALKED[:1])[0]) for i in range(3)]
    for of in (None, "object"):
        found = recovered(photos, of)
        assert [one.thing for one in found.motions] == ["scene"]
        assert all("the camera did not move" in one.reason for one in found.photos)
        assert max(one.confidence for one in found.photos) <= 0.5
    assert min(one.confidence for one in recovered(photos, "scene").photos) > 0.9


def test_an_object_moved_by_hand_before_a_moving_camera() -> None:
    photos = pasted(rooms(WALKED), HELD, 1.3)
    truth = {"object": HELD, "scene": WALKED}
    found = recovered(photos)
    assert {one.thing for one in found.motions} == {"object", "scene"}
    for one in found.motions:
        assert worst_error(cams_of(one.cams_from_world), truth[one.thing]) < 3.0
    assert max(one.confidence for one in found.photos) <= 0.5
    asked = recovered(photos, "object")
    assert worst_error(cams_of({one.name: one.cam_from_world for one in asked.placed}), HELD) < 3.0


def test_nothing_is_told_where_all_moves_as_one() -> None:
    photos = [Photo(f"{i}.png", image, CAMERA) for i, image in enumerate(rooms(WALKED))]
    assert recovered(photos).motions == ()


def test_another_thing_is_refused() -> None:
    with pytest.raises(InputError, match="of: found 'cat'|of: found cat"):
        Known(of="cat")
