"""Where placements start: what no single pair could tell from chance, and starts that need not be grown."""

from __future__ import annotations

from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.placing.starts import grow_from_pairs, grow_from_starts
from tests.cameras.photo_sets import OPTIONS, look_at_origin, make_problem, make_views, worst_error

RING = [
    look_at_origin(azimuth, elevation)
    for azimuth, elevation in ((0, 10), (15, 30), (30, 12), (45, 28), (60, 15))
]


def test_pairs_too_weak_alone_are_strong_together():
    problem = make_problem(make_views(RING, seed=1, num_points=26, clutter=250, blur=1.0))
    assert all(found[0].evidence < EvidenceOptions().least(1) for found in problem.hypotheses.values())
    assert grow_from_pairs(problem, range(5), OPTIONS) == []
    [joint] = grow_from_starts(problem, range(5), OPTIONS)
    assert set(joint.placement.cams_from_world) == set(range(5))
    assert worst_error(joint.placement.cams_from_world, RING) < 2.0


def test_photos_of_different_things_are_not_joined_by_their_number():
    views = [make_views([cam], seed=index)[0] for index, cam in enumerate(RING[:4])]
    assert grow_from_starts(make_problem(views), range(4), OPTIONS) == []


def test_sure_photos_are_grown_once():
    problem = make_problem(make_views(RING[:4], seed=0))
    [only] = grow_from_starts(problem, range(4), OPTIONS)
    assert set(only.placement.cams_from_world) == set(range(4))
