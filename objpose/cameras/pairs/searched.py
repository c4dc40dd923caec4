"""Pairs are searched for their hypotheses once, however often the photos are solved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from objpose.cameras.pairs.memo import PairMemo
from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.problem import CameraProblem, pose_problem
from objpose.cameras.pairs.witness import with_witness
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.matcher import Witness
from objpose.features.local.places import Pair


@dataclass(frozen=True, eq=False)
class Asked:
    """A witness, and the pairs that the solution before it is sure of."""

    witness: Witness
    joined: Collection[Pair]


@dataclass(frozen=True, eq=False)
class _Known:
    """What was searched, and what was found."""

    views: list[View]
    matches: dict[Pair, Matches]
    asked: tuple[Asked, ...]
    problem: CameraProblem

    def holds(self, views: list[View], matches: dict[Pair, Matches], asked: tuple[Asked, ...]) -> bool:
        same = all((one.K == other.K).all() for one, other in zip(self.views, views, strict=True))
        return same and self.matches is matches and self.asked == asked


class SearchedPairs:
    """The problems that matches and focal lengths pose, each kept as it was first found."""

    def __init__(self, options: PairOptions, seed: int):
        self.options, self.seed = options, seed
        self._known: list[_Known] = []
        self._memo = PairMemo()

    def posed(
        self, views: list[View], matches: dict[Pair, Matches], asked: tuple[Asked, ...] = ()
    ) -> CameraProblem:
        """As pose_problem, with what witnesses add in turn; what was posed of these very matches under the
        same focal lengths is taken.
        """
        for one in self._known:
            if one.holds(views, matches, asked):
                return one.problem
        problem = self._posed(views, matches, asked)
        self._known.append(_Known(views, matches, asked, problem))
        return problem

    def _posed(
        self, views: list[View], matches: dict[Pair, Matches], asked: tuple[Asked, ...]
    ) -> CameraProblem:
        if not asked:
            return pose_problem(views, matches, self.options, self.seed, self._memo)
        *before, last = asked
        return with_witness(self.posed(views, matches, (*before,)), last.witness, last.joined, self.seed)
