"""Which points a motion takes to where their like is, or may be: something lies there, and no photo that
should show the like misses it.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.merging import predicted_by
from objpose.cameras.repeats.options import RepeatsOptions
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.prediction import told_of_points
from objpose.geometry.rigid_matrices import inverse_matrix


def carried(
    problem: CameraProblem, placement: Placement, motion: np.ndarray, options: RepeatsOptions
) -> np.ndarray:
    """(P,) bool, by the motion or its inverse; none where photos refute it as a whole."""
    both = motion, inverse_matrix(motion)
    if any(_is_refuted(problem, placement, one, options) for one in both):
        return np.zeros(len(placement.points), dtype=bool)
    return _carried(problem, placement, both[0], options) | _carried(problem, placement, both[1], options)


def _is_refuted(
    problem: CameraProblem, placement: Placement, motion: np.ndarray, options: RepeatsOptions
) -> bool:
    said = predicted_by(problem, placement, _moved(placement, motion))
    return said.expected - said.nats > options.refuted_nats


def _carried(
    problem: CameraProblem, placement: Placement, motion: np.ndarray, options: RepeatsOptions
) -> np.ndarray:
    points = placement.points
    places = cKDTree(points)
    extent = np.median(np.linalg.norm(points - np.median(points, axis=0), axis=1))
    beside = places.query(points @ motion[:3, :3].T + motion[:3, 3])[0] < options.beside * extent
    weighing = problem.options.prediction
    nats = sum(
        told_of_points(problem.views, placement, photo, cam, weighing)
        for photo, cam in _moved(placement, motion).items()
    )
    _, near = places.query(points, range(1, min(options.neighbours, len(points)) + 1))
    return beside & (np.asarray(nats)[near].sum(1) > -options.missing_nats)


def _moved(placement: Placement, motion: np.ndarray) -> dict[int, np.ndarray]:
    """Photos that see of the scene what the motion brings before them."""
    return {photo: cam @ motion for photo, cam in placement.cams_from_world.items()}
