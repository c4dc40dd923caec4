"""How far cameras can still move."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.placing.settle import settle
from objpose.geometry.rigid_matrices import rigid_matrix
from tests.cameras.photo_sets import OPTIONS, RING, make_views, unposed, worst_error


def test_the_covariance_tells_the_scatter():
    """Errors over repeated noise have the size that the covariance of one trial predicts."""
    errors, predicted = [], []
    for trial in range(6):
        views = make_views(RING[:3], seed=trial, clutter=0, num_points=80)
        placement = settle(unposed(views), dict(enumerate(RING[:3])), OPTIONS.settle)
        uncertainty = Uncertainty(views, placement, AnswerOptions())
        predicted.append(max(uncertainty.pair_degrees(a, b) for a, b in ((0, 1), (0, 2), (1, 2))))
        errors.append(worst_error(placement.cams_from_world, RING))
    assert 0.3 < np.sqrt(np.mean(np.square(errors))) / np.mean(predicted) < 2.0


def test_covariance_does_not_depend_on_the_world_frame():
    views = make_views(RING, seed=2)
    placement = settle(unposed(views), dict(enumerate(RING)), OPTIONS.settle)
    move = rigid_matrix(Rotation.from_rotvec([0.4, -0.7, 0.2]).as_matrix(), np.array([3.0, -1.0, 2.0]))
    cams = {index: cam @ np.linalg.inv(move) for index, cam in placement.cams_from_world.items()}
    points = placement.points @ move[:3, :3].T + move[:3, 3]
    moved = type(placement)(cams, placement.tracks, points, {})
    ours, theirs = Uncertainty(views, placement, AnswerOptions()), Uncertainty(views, moved, AnswerOptions())
    for a, b in ((0, 1), (0, 3), (2, 3)):
        assert ours.pair_degrees(a, b) == pytest.approx(theirs.pair_degrees(a, b), rel=1e-3)
