"""Tags are found by their ids, and their corners to a fraction of a pixel."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from objpose.cameras import Known, Photo, RecoverOptions, recover_cameras
from objpose.cameras.known.tag_families import FAMILIES
from objpose.cameras.tags.detection import find_tags
from objpose.cameras.tags.looking import tags_in
from objpose.errors import InputError, InputWarning
from tests.cameras.photo_sets import look_at_origin
from tests.cameras.tags.tagged_scene import Tag, photos_of_tags

CAMS = [look_at_origin(azimuth, elevation, 2.0) for azimuth, elevation in ((0, 40), (75, 35), (200, 60))]
PLACES = ((-0.3, 0.1), (0.3, -0.2), (0.0, 0.35))


@pytest.mark.parametrize("family", ["36h11", "16h5", "aruco_4x4_50", "aruco_6x6_250"])
def test_corners_are_found_in_the_order_of_the_tag(family: str) -> None:
    tags = [
        Tag(number, at, size, number, FAMILIES[family])
        for number, at, size in zip(range(3), PLACES, (0.2, 0.2, 0.12), strict=True)
    ]
    for photo, cam in zip(photos_of_tags(CAMS, tags), CAMS, strict=True):
        found = find_tags(photo.image, family)
        assert set(found.corners) == {0, 1, 2} and found.twice == []
        off = np.array([found.corners[tag.number] - tag.seen(cam) for tag in tags])
        assert np.sqrt((off**2).sum(-1).mean()) < 0.3 and np.abs(off).max() < 0.6


def test_a_tag_that_is_there_twice_is_named_and_not_used() -> None:
    photos = photos_of_tags(CAMS, [Tag(5, PLACES[0]), Tag(5, PLACES[1]), Tag(6, PLACES[2])])
    with pytest.warns(InputWarning, match="tag 5: found the id twice in 2.png, so the tag is not used"):
        found = tags_in(photos, "36h11")
    assert [set(one) for one in found] == [{6}] * 3


def test_photos_without_tags_in_common_are_told() -> None:
    with pytest.warns(InputWarning, match="tags of family 25h9: found none in 3 photos"):
        assert tags_in(photos_of_tags(CAMS, [Tag(5)]), "25h9") == [{}] * 3
    with pytest.warns(InputWarning, match="tag 9: found it in no photo"):
        tags_in(photos_of_tags(CAMS[:2], [Tag(5)]), "36h11", asked=[5, 9])


def test_without_opencv_tags_are_refused_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    grey = [Photo(f"{index}.png", np.full((60, 80, 3), 99, np.uint8)) for index in range(2)]
    with pytest.raises(InputError, match=r"no OpenCV.*pip install 'objpose\[tags\]'"):
        recover_cameras(grey, options=RecoverOptions(known=Known(tag_size=0.1)))
    assert len(recover_cameras(grey).left_out) == 2


def test_sizes_and_families_are_checked() -> None:
    assert Known(tag_size=0.1).tags == "36h11" and Known(tag_family="16h5").tags == "16h5"
    assert Known().tags is None
    by_id = Known(tag_size={3: 0.1})
    assert by_id.tag_side(3) == 0.1 and by_id.tag_side(4) is None
    with pytest.raises(InputError, match="found 52h3, expected one of 16h5"):
        Known(tag_family="52h3")
    with pytest.raises(InputError, match="tag size: found 0.0, expected metres above 0"):
        Known(tag_size={3: 0.0})
