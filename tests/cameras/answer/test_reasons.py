"""Why photos are left out, in words that do not contradict themselves."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.reasons import reason_left_out, reason_to_doubt
from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.scene.placement import NOTHING
from tests.cameras.photo_sets import look_at_origin, make_views


def problem(nats: float) -> CameraProblem:
    """Three photos, the last of which has so many nats with the first."""
    views = make_views([look_at_origin(azimuth) for azimuth in (0.0, 20.0, 40.0)], 0)
    return CameraProblem(views, {}, {(0, 2): [PairHypothesis(np.eye(4), nats)]})


@pytest.mark.parametrize(
    ("nats", "expected"), [(20.0, "no better than chance: 20"), (60.0, "nowhere that the others")]
)
def test_a_photo_that_one_pair_speaks_for_is_not_said_to_match_by_chance(nats: float, expected: str) -> None:
    assert expected in reason_left_out(problem(nats), 2, 2)


def test_a_focal_length_that_is_hardly_known_is_said_of_a_sure_photo_too() -> None:
    sure = 0.99, PhotoReview(500.0, None), NOTHING, 0, 1.0
    assert reason_to_doubt(*sure, 0.0, AnswerOptions()) is None
    assert reason_to_doubt(*sure, 0.03, AnswerOptions()) is None
    told = reason_to_doubt(*sure, 0.23, AnswerOptions())
    assert told is not None and "focal length" in told and "23%" in told
