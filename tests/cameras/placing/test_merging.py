"""Mini-scenes of frames and scales of their own put together, and taken apart where they stand wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.between import MatchesBetween
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.links import strongest_tree, weakest_link
from objpose.cameras.placing.merging import bring_along, evidence_between, merge
from objpose.cameras.placing.options import RegroupOptions
from objpose.cameras.placing.regroup import regroup, weak_groups
from objpose.cameras.placing.review import review
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown, Placement
from objpose.geometry.rigid_matrices import inverse_matrix, rigid_matrix
from tests.cameras.photo_sets import (
    OPTIONS,
    look_at_origin,
    make_problem,
    make_views,
    sparsely_joined,
    worst_error,
)

RING = [
    look_at_origin(azimuth, elevation)
    for azimuth, elevation in ((0, 10), (12, 28), (24, 12), (66, 15), (78, 30), (90, 12))
]
SHARE_BETWEEN = 0.2  # of the matches between the two groups of three that are left


@pytest.fixture(scope="module")
def problem() -> CameraProblem:
    """Two groups of photos that share little."""
    views = make_views(RING, seed=2, num_points=80, blur=0.8)
    return sparsely_joined(views, 3, SHARE_BETWEEN)


def moved(cams: dict[int, np.ndarray], seed: int, scale: float) -> dict[int, np.ndarray]:
    """The same cameras in another world."""
    rng = np.random.default_rng(seed)
    new_from_world = rigid_matrix(Rotation.random(random_state=rng).as_matrix(), rng.normal(size=3))
    found = {}
    for index, cam_from_world in cams.items():
        cam_from_new = cam_from_world @ inverse_matrix(new_from_world)
        cam_from_new[:3, 3] *= scale
        found[index] = cam_from_new
    return found


def part(problem: CameraProblem, photos: tuple[int, ...], seed: int, scale: float) -> Placement:
    return settle(problem, moved({index: RING[index] for index in photos}, seed, scale), OPTIONS.settle)


@pytest.mark.parametrize("scale", [0.1, 1.0, 20.0])
def test_two_mini_scenes_find_each_other(problem: CameraProblem, scale: float):
    parts = part(problem, (0, 1, 2), 1, 1.0), part(problem, (3, 4, 5), 2, scale)
    merged = merge(problem, *parts, OPTIONS)
    assert worst_error(merged.grown.placement.cams_from_world, RING) < 2.0
    assert merged.evidence_between > EvidenceOptions().least(9)


def test_mini_scenes_of_different_things_stay_at_the_level_of_chance():
    strangers = make_problem(make_views(RING[:2], seed=3) + make_views(RING[:2], seed=33))
    truth = [*RING[:2], *RING[:2]]
    groups = [{index: truth[index] for index in photos} for photos in ((0, 1), (2, 3))]
    merged = merge(strangers, *(settle(strangers, cams, OPTIONS.settle) for cams in groups), OPTIONS)
    assert merged is not None and merged.evidence_between < EvidenceOptions().least(4)


def test_a_similarity_keeps_the_shape_of_what_it_brings_along(problem: CameraProblem):
    other = part(problem, (3, 4, 5), 4, 3.0)
    brought = bring_along(other, 4, RING[4], 1 / 3.0)
    np.testing.assert_allclose(brought[4], RING[4], atol=1e-9)
    assert worst_error(brought, RING) < 2.0
    for index in (3, 5):
        np.testing.assert_allclose(
            inverse_matrix(brought[index])[:3, 3], inverse_matrix(RING[index])[:3, 3], atol=0.2
        )


def turned_group(problem: CameraProblem) -> Grown:
    """The second group right in itself, and as a block in the wrong place."""
    turn = rigid_matrix(Rotation.from_rotvec([0.0, 0.0, 1.2]).as_matrix(), np.zeros(3))
    cams = {index: cam @ turn if index > 2 else cam for index, cam in enumerate(RING)}
    return weigh_placement(problem, settle(problem, cams, OPTIONS.settle))


def test_a_group_in_the_wrong_place_goes_home_as_a_whole(problem: CameraProblem):
    wrong = turned_group(problem)
    assert worst_error(wrong.placement.cams_from_world, RING) > 20.0
    assert weak_groups(problem, wrong, RegroupOptions())[0].group == {0, 1, 2}
    mended = regroup(problem, wrong, OPTIONS)
    assert mended.evidence > wrong.evidence
    assert worst_error(mended.placement.cams_from_world, RING) < 2.0


def test_photos_one_by_one_do_not_mend_it(problem: CameraProblem):
    """What the move of groups is for: those of a group hold each other where they are."""
    alone, _ = review(problem, turned_group(problem), OPTIONS)
    assert worst_error(alone.placement.cams_from_world, RING) > 20.0


def test_what_stands_right_stays(problem: CameraProblem):
    right = weigh_placement(problem, settle(problem, dict(enumerate(RING)), OPTIONS.settle))
    assert regroup(problem, right, OPTIONS).evidence >= right.evidence
    assert worst_error(regroup(problem, right, OPTIONS).placement.cams_from_world, RING) < 2.0


def test_the_tree_of_strongest_links():
    nats = {(0, 1): 50.0, (1, 2): 20.0, (0, 2): 10.0, (3, 4): 70.0}
    assert strongest_tree(nats) == {(3, 4): 70.0, (0, 1): 50.0, (1, 2): 20.0}
    assert weakest_link(nats, (0, 2)) == 20.0
    assert weakest_link(nats, (2, 1)) == 20.0
    assert weakest_link(nats, (0, 3)) == weakest_link(nats, (0, 9)) == 0.0
    assert evidence_between(nats, {0, 3}) == 50.0 + 10.0 + 70.0


def test_matches_of_one_patch_count_little(problem: CameraProblem):
    """A print seen twice agrees with a wrong offer by dozens, in one place of the photo."""
    pair, options = (0, 3), OPTIONS.merging
    parts = part(problem, (0, 1, 2), 1, 1.0), part(problem, (3, 4, 5), 2, 1.0)
    offer = bring_along(parts[1], 3, RING[3] @ inverse_matrix(RING[0]) @ parts[0].cams_from_world[0], 1.0)
    found = problem.matches[pair]
    agreeing = found.select(problem.misfit(*pair, found, RING[3] @ inverse_matrix(RING[0])) < 1.0)
    one_place = agreeing.select(np.repeat(np.argsort(agreeing.ratios)[:1], 50))
    all_over = agreeing.select(np.arange(50) % len(agreeing))
    counts = [
        MatchesBetween(replace(problem, matches={pair: some}), *parts, options).counts([offer])[0]
        for some in (one_place, all_over)
    ]
    assert 0.0 < counts[0] <= options.quick_patch < counts[1] <= 50
    assert MatchesBetween(problem, *parts, options).counts([]) == []
