"""Placements taken back to their cores: what hangs on weak links starts anew, what is strong is kept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.cores import best_apart, cores, regrown
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import CoreOptions
from objpose.cameras.placing.review import review
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import NOTHING, Grown, Placement
from objpose.cameras.scene.tracks import join_matches
from objpose.geometry.rigid_matrices import rigid_matrix
from tests.cameras.photo_sets import (
    OPTIONS,
    look_at_origin,
    make_problem,
    make_views,
    sparsely_joined,
    unposed,
    worst_error,
)

RING = [
    look_at_origin(azimuth, elevation)
    for azimuth, elevation in ((0, 10), (12, 28), (24, 12), (36, 30), (70, 15), (82, 30))
]
ASTRAY = (4, 5)  # photos that see each other well and the others hardly
SHARE_BETWEEN = 0.06  # of their matches with the others that are left
CHAIN = {(0, 1): 300.0, (1, 2): 250.0, (2, 3): 80.0, (3, 4): 60.0, (0, 4): 30.0}


@pytest.fixture(scope="module")
def problem() -> CameraProblem:
    views = make_views(RING, seed=2, num_points=80, blur=0.8)
    return sparsely_joined(views, 4, SHARE_BETWEEN)


def astray(problem: CameraProblem) -> Grown:
    """The two moved together, and the second once more for itself."""
    together = rigid_matrix(Rotation.from_rotvec([0.0, 0.0, 1.2]).as_matrix(), np.zeros(3))
    cams = {index: cam @ together if index in ASTRAY else cam for index, cam in enumerate(RING)}
    return weigh_placement(problem, settle(problem, cams, OPTIONS.settle))


def chained(problem: CameraProblem) -> Grown:
    """Five photos with the evidence of CHAIN."""
    nothing = Placement(dict(enumerate(RING[:5])), join_matches(problem.views, {}), np.zeros((0, 3)), {})
    return Grown(nothing, sum(CHAIN.values()), CHAIN, {})


def test_photos_gone_astray_together_go_home(problem: CameraProblem):
    wrong = astray(problem)
    assert worst_error(wrong.placement.cams_from_world, RING) > 20.0
    alone, _ = review(problem, wrong, OPTIONS)
    assert worst_error(alone.placement.cams_from_world, RING) > 20.0
    mended = regrown(problem, wrong, range(len(RING)), OPTIONS)
    assert mended.evidence > wrong.evidence
    assert worst_error(mended.placement.cams_from_world, RING) < 3.0


def test_what_stands_right_is_kept(problem: CameraProblem):
    right = weigh_placement(problem, settle(problem, dict(enumerate(RING)), OPTIONS.settle))
    again = regrown(problem, right, range(len(RING)), OPTIONS)
    assert again.evidence >= right.evidence
    assert worst_error(again.placement.cams_from_world, RING) < 3.0


def test_nothing_is_searched_where_all_is_strong():
    problem = make_problem(make_views(RING, seed=3))
    strong = weigh_placement(problem, settle(problem, dict(enumerate(RING)), OPTIONS.settle))
    assert list(cores(problem, strong, OPTIONS.cores)) == []
    assert regrown(problem, strong, range(len(RING)), OPTIONS) is strong


def test_cores_lose_what_hangs_on_the_weakest_links():
    problem = unposed(make_views(RING[:5], seed=0))
    options = CoreOptions(certain_nats=150.0, cuts=3)
    assert list(cores(problem, chained(problem), options)) == [{0, 1, 2, 3}, {0, 1, 2}]
    assert list(cores(problem, chained(problem), CoreOptions(certain_nats=50.0))) == []


def supported(problem: CameraProblem, nats: dict[tuple[int, int], float]) -> Grown:
    """Photos with the evidence of their pairs, of which no point says anything."""
    cams = {photo: RING[photo] for pair in nats for photo in pair}
    nothing = Placement(cams, join_matches(problem.views, {}), np.zeros((0, 3)), {})
    return Grown(nothing, sum(nats.values()), nats, dict.fromkeys(cams, NOTHING))


@pytest.mark.parametrize(
    ("alone", "is_first"), [(270.0, False), (284.0, False), (286.0, True), (400.0, True)]
)
def test_fewer_photos_that_better_stand_for_themselves_come_first(alone: float, is_first: bool):
    """The larger placement has 250 nats among the three, and 30 between them and the other two."""
    problem = unposed(make_views(RING[:5], seed=0))
    more = supported(problem, {(0, 1): 150.0, (1, 2): 100.0, (2, 3): 30.0, (3, 4): 120.0})
    fewer = supported(problem, {(0, 1): alone - 100.0, (1, 2): 100.0})
    ranked = best_apart([more, fewer], 5.0)
    assert ranked == ([fewer, more] if is_first else [more, fewer])


def test_photos_that_a_placement_lacks_do_not_count_for_another():
    problem = unposed(make_views(RING[:5], seed=0))
    one = supported(problem, {(0, 1): 150.0, (1, 2): 100.0})
    other = supported(problem, {(3, 4): 120.0})
    assert best_apart([one, other], 5.0) == [one, other]


def test_known_cameras_are_in_every_core():
    problem = unposed(make_views(RING[:5], seed=0))
    for photo, told in ((3, [{0, 1, 2, 3}]), (4, [])):
        problem.held.clear()
        problem.held[photo] = chained(problem).placement.cams_from_world[photo]
        problem.held[0] = chained(problem).placement.cams_from_world[0]
        assert list(cores(problem, chained(problem), CoreOptions())) == told
