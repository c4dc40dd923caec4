"""The motions that tags ask for, among the hypotheses of their pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from objpose.cameras.pairs.hypothesis import PairHypothesis, distinct_hypotheses
from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.pairs.problem import CameraProblem
from objpose.features.local.places import Pair
from objpose.work import share


def with_tag_motions(problem: CameraProblem) -> CameraProblem:
    """The problem with all hypotheses weighed by the tags, too, and with those that one tag gives by itself.

    A square seen in two photos may stand in two ways in each: four motions, which matches or other tags tell
    apart.
    """
    pairs = [pair for pair in problem.tags.pairs if pair in problem.matches]
    found = dict(zip(pairs, share(lambda pair: _weighed(problem, pair), pairs), strict=True))
    more = {pair: some for pair, some in found.items() if some}
    return replace(problem, hypotheses={**problem.hypotheses, **more})


def _weighed(problem: CameraProblem, pair: Pair) -> list[PairHypothesis]:
    options, tags = problem.options, problem.tag_evidence
    matches = PairMatches(problem.views[pair[0]], problem.views[pair[1]], problem.matches[pair])
    known = problem.hypotheses.get(pair, [])
    asked = [_of_unit_length(one) for one in tags.motions(*pair)]
    asked += [matches.refined(one, options) for one in asked]
    every = [*known, *(matches.weighed(one, options.evidence) for one in asked)]
    told = [replace(one, evidence=one.evidence + tags.nats(*pair, one.b_from_a)) for one in every]
    return distinct_hypotheses(told, options)


def _of_unit_length(b_from_a: np.ndarray) -> np.ndarray:
    moved = b_from_a.copy()
    moved[:3, 3] /= max(float(np.linalg.norm(moved[:3, 3])), 1e-12)
    return moved
