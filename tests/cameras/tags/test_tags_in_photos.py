"""From photos with tags to cameras in metres, and what is said of tags that do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from objpose.cameras import Known, Photo, RecoveredScene, RecoverOptions, recover_cameras
from objpose.geometry.rigid_matrices import centre_of
from tests.cameras.photo_sets import few_keypoints, look_at_origin, worst_error
from tests.cameras.tags.tagged_scene import Tag, photographed, photos_of_tags, table

CAMS = [
    look_at_origin(azimuth, elevation, 2.0) for azimuth, elevation in ((0, 40), (30, 50), (70, 35), (140, 45))
]
TAGS = [Tag(3, (-0.3, 0.1), 0.2, 1), Tag(7, (0.3, -0.2), 0.2), Tag(11, (0.0, 0.35), 0.1, 2)]
FEW = few_keypoints()
SIZES = {tag.number: tag.size for tag in TAGS}


@cache
def among_prints() -> tuple[Photo, ...]:
    """Of all tags, on a table that is printed all over."""
    return tuple(photos_of_tags(CAMS[:3], TAGS, seed=1))


def recovered(photos: Sequence[Photo], known: Known) -> RecoveredScene:
    return recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1, known=known))


def cams_of(scene: RecoveredScene) -> dict[int, np.ndarray]:
    placed = {index: photo.cam_from_world for index, photo in enumerate(scene.photos)}
    return {index: cam.matrix().numpy() for index, cam in placed.items() if cam is not None}


def metre_of(scene: RecoveredScene) -> float:
    """Units of the answer a metre."""
    cams = cams_of(scene)
    lengths = [
        [np.linalg.norm(centre_of(some[a]) - centre_of(some[b])) for a, b in combinations(cams, 2)]
        for some in (cams, CAMS)
    ]
    return float(np.median(np.divide(*lengths)))


def test_one_tag_solves_what_shows_nothing_else() -> None:
    photos = photos_of_tags(CAMS[:3], TAGS[:1])
    before = recovered(photos, Known())
    assert max(photo.confidence for photo in before.photos) < 0.5
    scene = recovered(photos, Known(tag_size=0.2))
    assert len(scene.placed) == 3 and worst_error(cams_of(scene), CAMS) < 4.0
    assert scene.is_metric and metre_of(scene) == pytest.approx(1.0, abs=0.01)
    assert min(photo.confidence for photo in scene.photos) > 0.9


def test_several_tags_among_other_things_give_metres() -> None:
    scene = recovered(among_prints(), Known(tag_size=SIZES))
    assert worst_error(cams_of(scene), CAMS) < 1.0
    assert metre_of(scene) == pytest.approx(1.0, abs=0.01) and scene.contradictions == ()


def test_a_tag_of_another_size_is_named() -> None:
    tags = [*TAGS, Tag(20, (-0.2, -0.4), 0.2)]
    scene = recovered(photos_of_tags(CAMS[:3], tags), Known(tag_size=0.2))
    [against] = scene.contradictions
    assert against.constraint == "side of tag 11" and against.stated == "0.2 m"
    assert float(against.found.split()[0]) == pytest.approx(0.1, rel=0.02)
    assert metre_of(scene) == pytest.approx(1.0, abs=0.01)


def test_a_tag_that_was_moved_is_named_and_moves_no_camera() -> None:
    elsewhere = table([TAGS[0], Tag(7, (0.0, -0.45)), TAGS[2]], seed=1)
    scene = recovered([*among_prints(), photographed("3.png", elsewhere, CAMS[3])], Known(tag_size=SIZES))
    [against] = scene.contradictions
    assert against.constraint == "tag 7" and against.found.endswith("from its place in 3.png")
    assert worst_error(cams_of(scene), CAMS) < 1.0 and metre_of(scene) == pytest.approx(1.0, abs=0.01)


def test_tags_and_lengths_are_weighed_against_each_other() -> None:
    photos = photos_of_tags(CAMS[:3], TAGS)
    right = float(np.linalg.norm(centre_of(CAMS[0]) - centre_of(CAMS[1])))
    scene = recovered(photos, Known(lengths=(("0.png", "1.png", 1.5 * right),), tag_size=SIZES))
    assert [one.constraint for one in scene.contradictions] == ["length between 0.png and 1.png"]
    assert scene.is_metric
