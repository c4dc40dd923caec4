"""What a photo should show tells its own place from others, and says nothing where nobody saw from near."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.settle import with_points
from objpose.cameras.scene.options import PredictionOptions
from objpose.cameras.scene.placement import Placement, Prediction
from objpose.cameras.scene.prediction import expected_points, predict
from objpose.cameras.scene.tracks import Tracks
from objpose.features.local import PlaceMatches
from objpose.features.local.places import add_places
from tests.cameras.photo_sets import OPTIONS, look_at_origin, make_views, unposed

NEAR = [look_at_origin(azimuth, elevation) for azimuth, elevation in ((0, 10), (12, 25), (20, 12), (10, 15))]
ASKED = 3  # the photo between the others


@pytest.fixture(scope="module")
def problem() -> CameraProblem:
    return unposed(make_views(NEAR, seed=5))


@pytest.fixture(scope="module")
def others(problem: CameraProblem) -> Placement:
    return with_points(problem, {index: NEAR[index] for index in range(ASKED)}, OPTIONS.settle)


def said(
    problem: CameraProblem,
    placement: Placement,
    cam_from_world: np.ndarray,
    options: PredictionOptions = PredictionOptions(),  # noqa: B008 - frozen
) -> Prediction:
    return predict(problem.views, placement, ASKED, cam_from_world, options)


def test_points_speak_for_the_right_place_as_much_as_expected_or_more(problem, others) -> None:
    right = said(problem, others, NEAR[ASKED])
    assert right.nats > 30.0
    assert right.nats > 0.8 * right.expected and right.shortfall == 0.0


@pytest.mark.parametrize("azimuth, elevation", [(10, 35), (25, 25), (-5, 8)])
def test_points_speak_against_other_places_near_by(problem, others, azimuth: float, elevation: float) -> None:
    wrong = said(problem, others, look_at_origin(azimuth, elevation))
    assert wrong.nats < -10.0 and wrong.shortfall > 20.0


def test_nothing_is_said_where_nobody_saw_from_near(problem, others) -> None:
    assert said(problem, others, look_at_origin(180)) == Prediction(0.0, 0.0)


def test_one_witness_says_nothing(problem, others) -> None:
    assert said(problem, others.among([0]), NEAR[ASKED]) == Prediction(0.0, 0.0)


def test_what_a_photo_sees_itself_is_no_witness(problem, others) -> None:
    """With it placed, too, the points of the others alone are asked."""
    whole = with_points(problem, dict(enumerate(NEAR)), OPTIONS.settle)
    alone = expected_points(problem.views, others, ASKED, NEAR[ASKED], PredictionOptions())
    beside = expected_points(problem.views, whole, ASKED, NEAR[ASKED], PredictionOptions())
    assert beside.witnesses.max() == alone.witnesses.max() == ASKED
    assert ASKED not in beside.view


def test_one_patch_says_no_more_than_its_bound(problem, others) -> None:
    whole_photo = PredictionOptions(patches=1, patch_nats=3.0)
    assert abs(said(problem, others, NEAR[ASKED], whole_photo).nats) <= 3.0
    assert said(problem, others, look_at_origin(10, 35), whole_photo).nats >= -3.0


def test_rates_fall_with_the_angle_and_rise_with_the_witnesses() -> None:
    options = PredictionOptions()
    angles = np.linspace(0.0, options.nearest_deg, 9)
    assert (np.diff(options.rate(angles, np.full(9, 3))) < 0).all()
    assert (np.diff(options.rate(np.full(9, 10.0), np.arange(2, 11))) >= 0).all()
    assert options.rate(np.array([90.0]), np.array([2])) == options.chance


def test_points_without_descriptors_neither_speak_nor_are_spoken_for(problem, others) -> None:
    """Keypoints that were only matched add nothing, whether the others see them or the photo itself."""
    views = [
        replace(one, features=replace(one.features, size=(one.width, one.height))) for one in problem.views
    ]
    places = np.random.default_rng(0).uniform([20, 20], [620, 460], (300, 2)).astype(np.float32)
    told = {
        pair: PlaceMatches(places, places + np.float32(1.0), np.full(300, 0.5)) for pair in problem.matches
    }
    features, matches = add_places([one.features for one in views], problem.matches, told)
    fuller = [replace(view, features=one) for view, one in zip(views, features, strict=True)]
    beside = replace(problem, views=fuller, matches=matches)
    assert said(beside, others, NEAR[ASKED]) == said(problem, others, NEAR[ASKED])
    firsts = [len(view.features) for view in views[:2]]
    count = min(len(view.features) - first for view, first in zip(fuller[:2], firsts, strict=True))
    keypoints = (np.arange(count)[:, None] + firsts).ravel()
    tracks = Tracks(np.tile([0, 1], count), keypoints, np.repeat(np.arange(count), 2), count)
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (count, 3))
    assert said(beside, replace(others, tracks=tracks, points=points), NEAR[ASKED]) == Prediction(0.0, 0.0)
