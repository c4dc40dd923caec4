"""A placement of all photos at once, from the joint choice of one hypothesis a pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.graph.synchronisation import (
    RotationSolution,
    SynchronisationOptions,
    synchronise_rotations,
)
from objpose.cameras.graph.translation_averaging import synchronise_translations
from objpose.cameras.pairs.problem import Problem
from objpose.cameras.pairs.two_view import PairHypothesis
from objpose.geometry import SE3, SO3

# Nats against chance at which a lone hypothesis is as likely to be right as not.
EVEN_NATS = 10.0
# Nats of matches that count as one: matches err together, and cycles shall be able to overrule them.
TEMPERATURE = 10.0
# Photos that are less sure than this are better placed by their points.
LEAST_CONFIDENCE = 0.9
DEFAULTS = SynchronisationOptions()


def edges_of(problem: Problem) -> list[Edge]:
    """An edge a pair with hypotheses; their evidence against chance becomes the chance of being right."""
    return [_edge(a, b, found) for (a, b), found in sorted(problem.hypotheses.items())]


def synchronised_cameras(
    problem: Problem, options: SynchronisationOptions = DEFAULTS
) -> list[dict[int, np.ndarray]]:
    """Rough cam_from_world (4, 4) by view, for each solution of the graph: starts to settle and grow from.

    Of the largest component, the photos that cycles make sure; solutions with fewer than two are left out.
    Likeliest first. Lengths are up to scale, and rough wherever directions leave them free.
    """
    edges = edges_of(problem)
    if not edges:
        return []
    solutions = synchronise_rotations(len(problem.views), edges, options)
    placed = [_place(edges, solution) for solution in solutions]
    return [cameras for cameras in placed if len(cameras) > 1]


def _edge(a: int, b: int, found: Sequence[PairHypothesis]) -> Edge:
    nats = torch.tensor([one.evidence for one in found], dtype=torch.float64) - EVEN_NATS
    weights = torch.softmax(torch.cat([torch.zeros(1).to(nats), nats / TEMPERATURE]), 0)[1:]
    b_from_a = torch.from_numpy(np.stack([one.b_from_a for one in found]))
    return Edge(a, b, SO3.from_matrix(b_from_a[:, :3, :3]), weights, b_from_a[:, :3, 3])


def _place(edges: list[Edge], solution: RotationSolution) -> dict[int, np.ndarray]:
    sure = (solution.components == 0) & (solution.camera_confidence > LEAST_CONFIDENCE)
    members = sure.nonzero()[:, 0].tolist()
    inside = torch.tensor([edge.i in members and edge.j in members for edge in edges])
    chosen = torch.where(inside, solution.chosen, -1)
    centres = synchronise_translations(solution.rotations, edges, chosen).centres
    motions = SE3.from_rotation_translation(solution.rotations, -solution.rotations.apply(centres)).matrix()
    return {view: motions[view].double().numpy() for view in members}
