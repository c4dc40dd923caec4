"""Focal lengths that nobody told: one in common, or each photo its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.focals import refocus
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.views import View
from tests.cameras.photo_sets import FOCAL, OPTIONS, RING, make_views, unposed, worst_error

ZOOMS = [0.92, 1.1, 1.0, 1.06]


def zoomed(view: View, zoom: float) -> View:
    """The photo as a focal length so many times longer takes it, under the K that it had."""
    centre = view.K[:2, 2]
    keypoints = (centre + zoom * (view.features.keypoints - centre)).astype(np.float32)
    return replace(view, features=replace(view.features, keypoints=keypoints))


def unfocused(zooms: list[float], seed: int, guess: float = 1.0) -> CameraProblem:
    """Photos on a ring, the focal length of all taken for so many times 600 pixels."""
    views = [zoomed(view, zoom) for view, zoom in zip(make_views(RING, seed), zooms, strict=True)]
    groups = dict.fromkeys(range(len(views)), 0)
    problem = unposed(views).refocused(dict.fromkeys(groups, guess * FOCAL))
    return replace(problem, focal_groups=groups)


def bent(problem: CameraProblem) -> Placement:
    """The cameras of all photos as its focal lengths bend them."""
    return settle(problem, dict(enumerate(RING)), OPTIONS.settle)


def test_photos_that_zoom_have_each_its_own_focal_length() -> None:
    problem = unfocused(ZOOMS, seed=1)
    before = bent(problem)
    found, grown = refocus(problem, before, OPTIONS)
    assert found.focal_groups == {index: index for index in range(4)}
    assert [view.focal / FOCAL for view in found.views] == pytest.approx(ZOOMS, rel=0.03)
    error = worst_error(grown.placement.cams_from_world, RING)
    assert error < min(3.0, 0.2 * worst_error(before.cams_from_world, RING))


def test_photos_of_one_camera_share_theirs_however_wrong_the_guess() -> None:
    problem = unfocused([1.0] * 4, seed=3, guess=1.2)
    found, grown = refocus(problem, bent(problem), OPTIONS)
    assert found.focal_groups == problem.focal_groups
    assert [view.focal for view in found.views] == pytest.approx([FOCAL] * 4, rel=0.03)
    assert worst_error(grown.placement.cams_from_world, RING) < 1.0


def test_a_photo_that_is_not_placed_has_the_middle_one_of_its_group() -> None:
    problem = unfocused(ZOOMS, seed=1)
    placement = settle(problem, dict(enumerate(RING[:3])), OPTIONS.settle)
    found, grown = refocus(problem, placement, OPTIONS)
    focals = [view.focal for view in found.views]
    assert sorted(grown.placement.cams_from_world) == [0, 1, 2]
    assert focals[3] == pytest.approx(np.median(focals[:3]))
