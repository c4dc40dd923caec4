"""Motions proposed from outside, by a trained network say: where in the matches of a pair to look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from objpose.cameras.hypothesis_graph import Edge
from objpose.cameras.problem import Problem
from objpose.cameras.relative import transform
from objpose.cameras.two_view import PairHypothesis, propose_near
from objpose.work import share


class Proposals(Protocol):
    """Gives motions between photos that matches alone might not."""

    def __call__(self, photos: Sequence[np.ndarray]) -> list[Edge]:
        """Edges (i, j), i < j, with rotations and directions, from (H, W, 3) uint8 RGB photos."""
        ...


def with_proposals(problem: Problem, edges: Sequence[Edge], seed: int = 0) -> Problem:
    """The problem with what the matches make of proposed motions among the hypotheses of its pairs.

    A proposal is no evidence: the matches near it are searched for an exact motion, which is weighed against
    chance as all others are. Proposals without a direction are left out.
    """
    usable = [edge for edge in edges if (edge.i, edge.j) in problem.matches and edge.directions is not None]

    def searched(edge: Edge) -> list[PairHypothesis]:
        pair = edge.i, edge.j
        return propose_near(
            *(problem.views[photo] for photo in pair),
            problem.matches[pair],
            _motions(edge),
            problem.hypotheses.get(pair, []),
            seed,
        )

    found = zip(usable, share(searched, usable), strict=True)
    more = {(edge.i, edge.j): some for edge, some in found if some}
    return replace(problem, hypotheses={**problem.hypotheses, **more})


def _motions(edge: Edge) -> list[np.ndarray]:
    """(4, 4) j_from_i of every hypothesis, with translations of unit length."""
    rotations = edge.rotations.matrix().detach().cpu().double().numpy()
    directions = edge.directions.detach().cpu().double().numpy()
    return [transform(*one) for one in zip(rotations, directions, strict=True)]
