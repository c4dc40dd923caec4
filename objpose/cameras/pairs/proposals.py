"""Motions proposed from outside, by a trained network say: where in the matches of a pair to look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.pairs.two_view import find_near
from objpose.geometry.rigid_matrices import rigid_matrix
from objpose.work import share


class Proposals(Protocol):
    """Gives motions between photos that matches alone might not."""

    def __call__(self, photos: Sequence[np.ndarray]) -> list[Edge]:
        """Edges (i, j), i < j, with rotations and directions, from (H, W, 3) uint8 RGB photos."""
        ...


def with_proposals(problem: CameraProblem, edges: Sequence[Edge], seed: int = 0) -> CameraProblem:
    """The problem with what the matches make of proposed motions among the hypotheses of its pairs.

    A proposal is no evidence: the matches near it are searched for an exact motion, which is weighed against
    chance as all others are. Proposals without a direction are left out.
    """
    usable = [edge for edge in edges if (edge.i, edge.j) in problem.matches and edge.directions is not None]

    def searched(edge: Edge) -> list[PairHypothesis]:
        first, second, pair = problem.views[edge.i], problem.views[edge.j], (edge.i, edge.j)
        known = problem.hypotheses.get(pair, [])
        return find_near(first, second, problem.matches[pair], _motions(edge), known, problem.options, seed)

    found = zip(usable, share(searched, usable), strict=True)
    more = {(edge.i, edge.j): some for edge, some in found if some}
    return replace(problem, hypotheses={**problem.hypotheses, **more})


def _motions(edge: Edge) -> list[np.ndarray]:
    """(4, 4) j_from_i of every hypothesis, with translations of unit length."""
    if edge.directions is None:
        return []
    rotations = edge.rotations.matrix().detach().cpu().double().numpy()
    directions = edge.directions.detach().cpu().double().numpy()
    return [rigid_matrix(*one) for one in zip(rotations, directions, strict=True)]
