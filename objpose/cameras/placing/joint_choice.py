"""A placement of all photos at once, from the joint choice of one hypothesis a pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.graph.synchronisation import RotationSolution, synchronise_rotations
from objpose.cameras.graph.translation_averaging import synchronise_centres
from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import JointOptions
from objpose.geometry import SE3, SO3


def edges_of(problem: CameraProblem, options: JointOptions) -> list[Edge]:
    """An edge a pair with hypotheses; their evidence against chance becomes the chance of being right."""
    return [_edge(a, b, found, options) for (a, b), found in sorted(problem.hypotheses.items())]


def joint_cameras(problem: CameraProblem, options: JointOptions) -> list[dict[int, np.ndarray]]:
    """Rough cam_from_world (4, 4) by view, for each solution of the graph: starts to settle and grow from.

    Of the largest component, the photos that cycles make sure; solutions with fewer than two are left out.
    Likeliest first. Lengths are up to scale, and rough wherever directions leave them free.
    """
    edges = edges_of(problem, options)
    if not edges:
        return []
    solutions = synchronise_rotations(len(problem.views), edges, options.graph)
    placed = [_place(edges, solution, options) for solution in solutions]
    return [cameras for cameras in placed if len(cameras) > 1]


def _edge(a: int, b: int, found: Sequence[PairHypothesis], options: JointOptions) -> Edge:
    nats = torch.tensor([one.evidence for one in found], dtype=torch.float64) - options.even_nats
    weights = torch.softmax(torch.cat([torch.zeros(1).to(nats), nats / options.temperature]), 0)[1:]
    b_from_a = torch.from_numpy(np.stack([one.b_from_a for one in found]))
    return Edge(a, b, SO3.from_matrix(b_from_a[:, :3, :3]), weights, b_from_a[:, :3, 3])


def _place(edges: list[Edge], solution: RotationSolution, options: JointOptions) -> dict[int, np.ndarray]:
    sure = (solution.components == 0) & (solution.camera_confidence > options.least_confidence)
    members = sure.nonzero()[:, 0].tolist()
    inside = torch.tensor([edge.i in members and edge.j in members for edge in edges])
    chosen = torch.where(inside, solution.chosen, -1)
    centres = synchronise_centres(solution.rotations, edges, chosen, options.graph)
    motions = SE3.from_rotation_translation(solution.rotations, -solution.rotations.apply(centres)).matrix()
    return {view: motions[view].double().numpy() for view in members}
