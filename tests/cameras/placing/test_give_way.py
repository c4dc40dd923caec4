"""Known cameras that are a little off come out nearer to the truth, right ones stay where they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras import Known
from objpose.cameras.known.known import standing
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.give_way import given_way
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.scene.placement import Grown
from objpose.errors import InputError
from objpose.geometry.rigid_matrices import centre_of, rigid_matrix, rotation_degrees
from tests.cameras.photo_sets import OPTIONS, look_at_origin, make_problem, make_views

TRUTH = [
    look_at_origin(azimuth, elevation)
    for azimuth, elevation in ((0, 10), (20, 30), (40, 15), (65, 25), (85, 10))
]
SIGMA = 0.3
VIEWS = make_views(TRUTH, seed=3)
PLACE = Known(camera_sigma_deg=SIGMA).place_sigma(dict(enumerate(TRUTH[:4])))


def disturbed(seed: int) -> dict[int, np.ndarray]:
    """The first four cameras, each off by SIGMA about every axis, and in place as far."""
    rng = np.random.default_rng(seed)
    found = {}
    for index, cam in enumerate(TRUTH[:4]):
        turned = Rotation.from_rotvec(np.radians(SIGMA) * rng.normal(size=3)).as_matrix() @ cam[:3, :3]
        centre = centre_of(cam) + PLACE * rng.normal(size=3)
        found[index] = rigid_matrix(turned, -turned @ centre)
    return found


def solved(held: dict[int, np.ndarray]) -> tuple[CameraProblem, Grown, Grown]:
    """With what held, and with what gave way."""
    problem = replace(make_problem(VIEWS), held=held)
    grown = find_islands(problem, OPTIONS)[0][0]
    known = standing(grown.placement.cams_from_world, held)
    assert known == list(held)
    return problem, grown, given_way(problem, grown, known, SIGMA, PLACE, OPTIONS.settle)[0]


def errors(cams: dict[int, np.ndarray], photos: list[int]) -> tuple[float, float]:
    """Root mean square of degrees, and of lengths."""
    turns = [rotation_degrees(cams[one][:3, :3].T @ TRUTH[one][:3, :3]) for one in photos]
    shifts = [np.linalg.norm(centre_of(cams[one]) - centre_of(TRUTH[one])) for one in photos]
    return float(np.sqrt(np.mean(np.square(turns)))), float(np.sqrt(np.mean(np.square(shifts))))


@pytest.mark.parametrize("seed", range(3))
def test_cameras_that_are_off_come_nearer_to_the_truth(seed: int) -> None:
    held = disturbed(seed)
    _, before, after = solved(held)
    given, found = errors(held, [0, 1, 2, 3]), errors(after.placement.cams_from_world, [0, 1, 2, 3])
    assert found[0] < 0.8 * given[0] and found[1] < 0.95 * given[1]
    others = [errors(one.placement.cams_from_world, [4]) for one in (before, after)]
    assert others[1][0] < 1.1 * others[0][0], "what is placed by them is no worse"
    assert after.evidence > before.evidence


def test_right_cameras_are_not_moved_by_more_than_their_sigma() -> None:
    held = dict(enumerate(TRUTH[:4]))
    _, _, after = solved(held)
    for index in held:
        turn, shift = errors(after.placement.cams_from_world, [index])
        assert turn < SIGMA and shift < PLACE


def test_sigmas_below_zero_are_refused() -> None:
    with pytest.raises(InputError, match="sigma of known cameras: found a negative number"):
        Known(camera_sigma_deg=-1.0)
