"""Motions proposed from outside: what they help to find, and that they are no evidence themselves."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.pairs.options import EvidenceOptions, PairOptions
from objpose.cameras.pairs.proposals import with_proposals
from objpose.cameras.pairs.two_view import find_hypotheses, find_near
from objpose.cameras.placing.starts import grow_from_starts
from objpose.geometry import SO3
from objpose.work import within
from tests.cameras.photo_sets import (
    OPTIONS,
    look_at_origin,
    make_problem,
    make_views,
    match_views,
    pair_error,
    worst_error,
)

RING = [look_at_origin(azimuth, elevation) for azimuth, elevation in ((0, 10), (15, 30), (30, 12), (45, 28))]
ROUGH_DEG = 6.0


def rough_motion(b_from_a: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """The rotation off by so many degrees, a unit translation."""
    axis = rng.normal(size=3)
    rough = b_from_a.copy()
    turn = Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis)).as_matrix()
    rough[:3, :3] = turn @ b_from_a[:3, :3]
    rough[:3, 3] /= np.linalg.norm(b_from_a[:3, 3])
    return rough


def proposed(seed: int, right: bool) -> list[Edge]:
    """Three motions for every pair: two of anything, and one near the truth if so wanted."""
    rng = np.random.default_rng(seed)
    edges = []
    for i in range(len(RING)):
        for j in range(i + 1, len(RING)):
            truth = RING[j] @ np.linalg.inv(RING[i])
            motions = np.stack([rough_motion(truth, rng.uniform(60, 180), rng) for _ in range(3)])
            if right:
                motions[1] = rough_motion(truth, ROUGH_DEG, rng)
            rotations = SO3.from_matrix(torch.from_numpy(motions[:, :3, :3]))
            edges.append(Edge(i, j, rotations, torch.full((3,), 0.2), torch.from_numpy(motions[:, :3, 3])))
    return edges


def test_few_right_matches_are_found_near_a_rough_motion():
    a, b = make_views(
        [look_at_origin(0, 10), look_at_origin(25, 25)], seed=0, num_points=30, clutter=400, blur=1.0
    )
    matches = match_views([a, b])[0, 1]
    truth = look_at_origin(25, 25) @ np.linalg.inv(look_at_origin(0, 10))
    alone = find_hypotheses(a, b, matches)
    assert min(pair_error(one.b_from_a, truth) for one in alone) > 30.0
    rough = rough_motion(truth, ROUGH_DEG, np.random.default_rng(0))
    near = find_near(a, b, matches, [rough], alone, PairOptions())
    assert pair_error(near[0].b_from_a, truth) < ROUGH_DEG
    assert [one.evidence for one in near] == sorted((one.evidence for one in near), reverse=True)
    assert {one.evidence for one in alone} <= {one.evidence for one in near}


def test_photos_that_matches_alone_do_not_place_are_placed():
    problem = make_problem(make_views(RING, seed=1, num_points=26, clutter=250, blur=1.0))
    assert grow_from_starts(problem, range(4), OPTIONS) == []
    best = grow_from_starts(with_proposals(problem, proposed(1, right=True)), range(4), OPTIONS)[0]
    assert set(best.placement.cams_from_world) == set(range(4))
    assert worst_error(best.placement.cams_from_world, RING) < 4.0


def test_proposals_place_no_photos_of_different_things():
    views = [make_views([cam], seed=index)[0] for index, cam in enumerate(RING)]
    problem = with_proposals(make_problem(views), proposed(0, right=True))
    assert grow_from_starts(problem, range(4), OPTIONS) == []
    assert all(
        one.evidence < EvidenceOptions().least(1) for found in problem.hypotheses.values() for one in found
    )


def test_no_answer_depends_on_the_number_of_threads():
    problem = make_problem(make_views(RING[:3], seed=1, num_points=60))
    edges = [edge for edge in proposed(1, right=False) if edge.j < 3]
    one, two = (within(threads)(with_proposals)(problem, edges).hypotheses for threads in (1, 2))
    assert one.keys() == two.keys()
    for pair, found in one.items():
        assert [h.evidence for h in found] == [h.evidence for h in two[pair]]
