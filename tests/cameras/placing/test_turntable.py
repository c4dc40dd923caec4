"""Photos of a turntable: its axis, and the angles of photos that a free search cannot place."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.cameras import Known
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.placing.options import PlacingOptions, TurntableOptions
from objpose.cameras.placing.turntable import axes_of, turntable_cameras
from objpose.errors import InputError
from objpose.geometry.rigid_matrices import direction_degrees, rotation_degrees
from tests.cameras.photo_sets import look_at_origin, make_problem, make_views, random_motion, worst_error

OPTIONS = TurntableOptions()
ANGLES = (0, 20, 45, 80, 120)
RING = [look_at_origin(azimuth, 25, 4.0) for azimuth in ANGLES]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_axis_and_the_angles_are_found(seed: int) -> None:
    problem = make_problem(make_views(RING, seed, num_points=120, blur=0.6))
    [axis] = axes_of(problem, OPTIONS)
    up = RING[0][:3, :3] @ [0.0, 0.0, 1.0]
    assert min(direction_degrees(axis.direction, up), direction_degrees(axis.direction, -up)) < 2.0
    assert abs(axis.direction @ axis.point) < 1e-9 and np.linalg.norm(axis.point) == pytest.approx(1.0)
    [cams] = turntable_cameras(problem, range(len(RING)), OPTIONS)
    assert len(cams) == len(RING)
    assert worst_error(cams, RING) < 2.0 * OPTIONS.step_deg


def test_a_turn_by_any_angle_keeps_the_axis() -> None:
    [axis] = axes_of(make_problem(make_views(RING, 0, num_points=120)), OPTIONS)
    there, back = axis.turned(50.0), axis.turned(-50.0)
    assert rotation_degrees(there[:3, :3]) == pytest.approx(50.0)
    np.testing.assert_allclose(there @ back, np.eye(4), atol=1e-12)
    on_axis = axis.point + 2.0 * axis.direction
    np.testing.assert_allclose(there[:3, :3] @ on_axis + there[:3, 3], on_axis, atol=1e-12)


def test_what_is_no_turntable_is_placed_as_the_matches_say() -> None:
    """A ring is where to start from, and no more: these cameras turn about another axis each."""
    cams = [random_motion(seed) @ look_at_origin(20.0 * seed, 20, 6.0) for seed in range(4)]
    for cam in cams:
        cam[:3, 3] = [0.0, 0.0, 6.0]
    problem = make_problem(make_views(cams, 0))
    rings = turntable_cameras(problem, range(4), OPTIONS)
    placed = find_islands(problem, PlacingOptions(), 0, rings)[0][0].placement.cams_from_world
    assert len(placed) == 4 and worst_error(placed, cams) < 1.0


def test_a_turntable_is_no_scene() -> None:
    assert Known(turntable=True).asked == "object"
    with pytest.raises(InputError, match="take one of the two away"):
        Known(turntable=True, of="scene")
