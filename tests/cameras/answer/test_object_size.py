"""The size of the object that masks show gives metres, of few percent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras import Known, Photo, RecoverOptions, recover_cameras
from objpose.cameras.answer.object_size import object_measure
from objpose.cameras.answer.options import SizeOptions
from objpose.cameras.placing.settle import with_points
from objpose.cameras.scene.relative import project
from objpose.errors import InputError
from tests.cameras.moving_object import CAMERA as BOX_CAMERA
from tests.cameras.moving_object import pasted
from tests.cameras.photo_sets import (
    HEIGHT,
    OPTIONS,
    RING,
    WIDTH,
    K,
    few_keypoints,
    look_at_origin,
    make_views,
    unposed,
)

VIEWS = make_views(RING, 0, clutter=0)  # of points in a ball of radius one
PLACEMENT = with_points(unposed(VIEWS), dict(enumerate(RING)), OPTIONS.settle)
FEW = few_keypoints()


def disc(cam: np.ndarray, radius: float) -> np.ndarray:
    """(H, W) bool: about where a ball is seen."""
    middle, depth = project(cam, np.zeros((1, 3)))[0] * K[0, 0] + K[:2, 2], cam[2, 3]
    columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    return np.hypot(columns - middle[0], rows - middle[1]) < radius / depth * K[0, 0]


def photos(radius: float) -> list[Photo]:
    blank = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    return [Photo(view.name, blank, mask=disc(cam, radius)) for view, cam in zip(VIEWS, RING, strict=True)]


def test_a_ball_is_as_large_as_it_is_in_any_unit() -> None:
    [found] = object_measure(VIEWS, photos(1.0), PLACEMENT, 0.3, SizeOptions())
    assert found.found == pytest.approx(2.0, rel=0.04) and found.metres == 0.3
    scaled = {i: cam.copy() for i, cam in enumerate(RING)}
    for cam in scaled.values():
        cam[:3, 3] *= 5.0
    larger = replace(PLACEMENT, points=5.0 * PLACEMENT.points, cams_from_world=scaled)
    [again] = object_measure(VIEWS, photos(1.0), larger, 0.3, SizeOptions())
    assert again.found == pytest.approx(5.0 * found.found)


def test_points_that_no_mask_shows_do_not_count() -> None:
    stray = replace(PLACEMENT, points=PLACEMENT.points.copy())
    stray.points[:10] += [0.0, 0.0, 40.0]
    [found] = object_measure(VIEWS, photos(1.0), stray, 0.3, SizeOptions())
    assert found.found == pytest.approx(2.0, rel=0.04)
    assert object_measure(VIEWS, photos(0.01), PLACEMENT, 0.3, SizeOptions()) == []


def test_the_size_of_a_box_makes_metres_and_is_weighed_against_lengths() -> None:
    cams = [look_at_origin(azimuth, 25, 3.0) for azimuth in (20, 45, 70)]
    drawn = pasted([np.full((300, 400, 3), 90, np.uint8)] * 3, cams, 1.0)
    masked = [replace(photo, mask=(photo.image != 90).any(-1), camera=BOX_CAMERA) for photo in drawn]
    apart = float(np.linalg.norm(np.subtract(*(-cam[:3, :3].T @ cam[:3, 3] for cam in cams[:2]))))
    known = Known(lengths=(("0.png", "1.png", apart),), object_size=np.sqrt(3.0))
    scene = recover_cameras(masked, matcher=FEW, options=RecoverOptions(threads=1, known=known))
    assert scene.is_metric and scene.contradictions == ()
    known = replace(known, object_size=1.0)
    scene = recover_cameras(masked, matcher=FEW, options=RecoverOptions(threads=1, known=known))
    [against] = scene.contradictions
    assert against.constraint == "size of the object" and against.stated == "1 m"


def test_without_masks_it_is_refused() -> None:
    grey = [Photo(f"{index}.png", np.full((60, 80, 3), 99, np.uint8)) for index in range(2)]
    with pytest.raises(InputError, match="object size: found no masks"):
        recover_cameras(grey, options=RecoverOptions(known=Known(object_size=0.1)))
    with pytest.raises(InputError, match="object size: found 0.0, expected metres above 0"):
        Known(object_size=0.0)
