"""Pairs are searched for their hypotheses once, however often the photos are solved."""

from __future__ import annotations

from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.problem import CameraProblem, pose_problem
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.places import Pair


class SearchedPairs:
    """The problems that matches and focal lengths pose, each kept as it was first found."""

    def __init__(self, options: PairOptions, seed: int):
        self.options, self.seed = options, seed
        self._known: list[CameraProblem] = []

    def posed(self, views: list[View], matches: dict[Pair, Matches]) -> CameraProblem:
        """As pose_problem; what was posed of these very matches under the same focal lengths is taken."""
        for one in self._known:
            if one.matches is matches and _has_focals(one.views, views):
                return one
        self._known.append(pose_problem(views, matches, self.options, self.seed))
        return self._known[-1]


def _has_focals(known: list[View], views: list[View]) -> bool:
    return all((one.K == other.K).all() for one, other in zip(known, views, strict=True))
