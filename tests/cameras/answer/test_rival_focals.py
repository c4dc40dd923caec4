"""What placements under other focal lengths leave of the belief in one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.rival_focals import belief_in_pair, told_of_rivals
from objpose.cameras.scene.placement import Grown, Placement
from objpose.cameras.scene.tracks import Tracks
from objpose.geometry.rigid_matrices import rigid_matrix
from tests.cameras.photo_sets import RING

NOTHING = np.zeros(0, dtype=np.int64)
OPTIONS = AnswerOptions()
FOUND = Grown(
    Placement(dict(enumerate(RING[:3])), Tracks(NOTHING, NOTHING, NOTHING, 0), np.zeros((0, 3)), {}),
    500.0,
    {},
    {},
)


def turned(degrees: float, evidence: float) -> Grown:
    """The same with photo 2 turned, and so many nats in all."""
    turn = rigid_matrix(Rotation.from_rotvec([0.0, np.radians(degrees), 0.0]).as_matrix(), np.zeros(3))
    cams = {**FOUND.placement.cams_from_world, 2: turn @ RING[2]}
    return replace(FOUND, placement=replace(FOUND.placement, cams_from_world=cams), evidence=evidence)


def test_a_rival_takes_belief_from_pairs_that_stand_elsewhere_in_it_alone() -> None:
    rival = turned(20.0, 490.0)
    assert belief_in_pair(FOUND, [rival], (0, 1), OPTIONS) == 1.0
    assert belief_in_pair(FOUND, [turned(4.0, 490.0)], (0, 2), OPTIONS) == 1.0
    assert belief_in_pair(FOUND, [], (0, 2), OPTIONS) == 1.0
    assert 0.5 < belief_in_pair(FOUND, [rival], (0, 2), OPTIONS) < 0.7
    assert "another focal length" in told_of_rivals(FOUND, [rival], (0, 2), OPTIONS)
    assert told_of_rivals(FOUND, [rival], (0, 1), OPTIONS) is None


@pytest.mark.parametrize("others", [(), (400.0,), (480.0, 480.0)])
def test_the_nearer_a_rival_and_the_more_of_them_the_less_belief(others: tuple[float, ...]) -> None:
    beside = [turned(20.0, nats) for nats in others]
    believed = [
        belief_in_pair(FOUND, [*beside, turned(20.0, 500.0 - behind)], (0, 2), OPTIONS)
        for behind in (0.0, 10.0, 50.0, 1000.0)
    ]
    assert believed == sorted(believed)
    assert believed[0] <= 0.5
    assert believed[-1] == pytest.approx(belief_in_pair(FOUND, beside, (0, 2), OPTIONS))
