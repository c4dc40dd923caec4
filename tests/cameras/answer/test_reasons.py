"""Why photos are left out, in words that do not contradict themselves."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.cameras.answer.reasons import reason_left_out
from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.problem import CameraProblem
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
