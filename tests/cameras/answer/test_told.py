"""What no match and no outline can make sure is sure in no answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.cameras.answer.island import Island, Parting
from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.told import Told
from objpose.cameras.known.known import Known
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.settle import with_points
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.silhouettes.outlined import Outlined
from tests.cameras.photo_sets import look_at_origin, make_problem, make_views

CAMS = [look_at_origin(azimuth, 25, 4.0) for azimuth in (0, 20, 40)]
PAIRS = (0, 1), (0, 2), (1, 2)
PARTING = Parting({0: 0, 1: 0, 2: 1}, "it may stand on the other side")


@pytest.fixture(scope="module", params=["matches", "outlines"])
def island(request: pytest.FixtureRequest) -> Island:
    """Three photos that are sure of each other."""
    problem = make_problem(make_views(CAMS, seed=0))
    grown = weigh_placement(problem, with_points(problem, dict(enumerate(CAMS)), PlacingOptions().settle))
    reviews = {index: PhotoReview(grown.support(index), None) for index in range(3)}
    stated = StatedCameras(dict(enumerate(CAMS)), 0.1, 0.001)
    outlined = Outlined(dict.fromkeys(PAIRS, 0.99), 0, stated=stated)
    return Island(grown, reviews, [], outlined=outlined if request.param == "outlines" else None)


def told(island: Island, doubts: dict[int, str]) -> Told:
    problem = make_problem(make_views(CAMS, seed=0))
    return Told([], problem, island, {}, Known(), 1.0, AnswerOptions(), doubts)


def test_nothing_parts_photos_that_are_sure(island: Island) -> None:
    assert min(told(island, {}).pairs.values()) > 0.9


def test_parted_photos_are_not_sure_of_each_other(island: Island) -> None:
    found = told(replace(island, partings=(PARTING,)), {})
    assert found.pairs[0, 1] > 0.9 and max(found.pairs[0, 2], found.pairs[1, 2]) <= 0.5
    confidence = torch.eye(3, dtype=torch.float64)
    for (a, b), chance in found.pairs.items():
        confidence[a, b] = confidence[b, a] = chance
    photos = found.photos(0, confidence)
    assert PARTING.why in photos[2].reason or (found.root == 2 and PARTING.why in photos[0].reason)


def test_a_doubted_photo_is_sure_of_none(island: Island) -> None:
    found = told(island, {2: "what it shows repeats itself"})
    assert found.pairs[0, 1] > 0.9 and max(found.pairs[0, 2], found.pairs[1, 2]) <= 0.5
