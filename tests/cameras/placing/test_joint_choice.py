"""All photos placed at once from pair hypotheses, also where wrong ones look as good as right ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.joint_choice import edges_of, joint_cameras
from objpose.cameras.placing.settle import settle
from objpose.geometry.rigid_matrices import rigid_matrix
from tests.cameras.photo_sets import OPTIONS, RING, make_problem, make_views, worst_error


@pytest.fixture(scope="module")
def problem() -> CameraProblem:
    return make_problem(make_views(RING, seed=1))


def test_chances_follow_the_evidence(problem: CameraProblem) -> None:
    for edge in edges_of(problem, OPTIONS.joint):
        found = problem.hypotheses[edge.i, edge.j]
        assert len(edge.weights) == len(found)
        assert float(edge.weights.sum()) < 1 + 1e-9
        assert (
            edge.weights.argsort(descending=True).tolist()
            == np.argsort([-h.evidence for h in found]).tolist()
        )


def test_rough_cameras_settle_to_the_truth(problem: CameraProblem) -> None:
    cameras = joint_cameras(problem, OPTIONS.joint)[0]
    assert sorted(cameras) == [0, 1, 2, 3]
    assert worst_error(cameras, RING) < 5.0
    assert worst_error(settle(problem, cameras, OPTIONS.settle).cams_from_world, RING) < 0.5


def test_cycles_overrule_wrong_hypotheses_of_equal_evidence(problem: CameraProblem) -> None:
    rng = np.random.default_rng(0)
    hypotheses = {}
    for pair, found in problem.hypotheses.items():
        turn = Rotation.random(random_state=rng).as_matrix()
        wrong = replace(found[0], b_from_a=rigid_matrix(turn, np.array([0.0, 0.0, 1.0])))
        hypotheses[pair] = [wrong, *found]
    # One pair holds nothing right.
    hypotheses[0, 3] = hypotheses[0, 3][:1]
    confused = CameraProblem(problem.views, problem.matches, hypotheses)
    cameras = joint_cameras(confused, OPTIONS.joint)[0]
    assert sorted(cameras) == [0, 1, 2, 3]
    assert worst_error(cameras, RING) < 5.0


def test_no_pair_places_nothing(problem: CameraProblem) -> None:
    nothing = CameraProblem(problem.views, problem.matches, {})
    assert joint_cameras(nothing, OPTIONS.joint) == []
