"""Which focal lengths photos are solved from, and which solution is taken."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from objpose.cameras import solving
from objpose.cameras.answer.island import Island
from objpose.cameras.options import RecoverOptions
from objpose.cameras.pairs.focal import UnknownFocals
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.scene.views import View
from objpose.cameras.solving import Solved, Solver
from objpose.cameras.tags.seen import SeenTags
from objpose.timing import Clock
from tests.cameras.photo_sets import RING, make_views


class Scripted(Solver):
    """Every focal length is refined and explains as much as is said; solved: those that were gone on with."""

    def __init__(self, refined: dict[float, tuple[float, float]]):
        unknown = UnknownFocals({0: 0, 1: 0})
        super().__init__(unknown, [], {}, RecoverOptions(), Clock(), SeenTags())
        self.refined, self.solved = refined, list[float]()

    def posed(self, views: list[View], matches: dict, asked: tuple = ()) -> CameraProblem:
        return CameraProblem(views, matches, {})

    def solve(self, problem: CameraProblem) -> Solved:
        start = problem.views[0].focal
        self.solved.append(start)
        focal, evidence = self.refined[start]
        island = Island(SimpleNamespace(evidence=evidence), {}, [])
        return Solved(problem.refocused({0: focal, 1: focal}), [island], {}, {0: start, 1: start})

    def _given_way(self, solved: Solved) -> Solved:
        return solved


def test_of_all_likely_focal_lengths_that_of_most_evidence_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    guesses = [{0: px, 1: px} for px in (600.0, 1500.0, 380.0)]
    asked: list[int] = []

    def guess(*_: object) -> list[dict[int, float]]:
        asked.append(1)
        return guesses

    monkeypatch.setattr(solving, "guess_focals", guess)
    views, matches = make_views(RING[:2], seed=0), {}
    solver = Scripted({600.0: (620.0, 1000.0), 1500.0: (1480.0, 1095.0), 380.0: (400.0, 1070.0)})
    found = solver.solve_matches(views, matches)
    assert found.problem.views[0].focal == 1480.0
    assert [one.evidence for one in found.islands[0].refocused] == [1070.0, 1000.0]
    assert solver.solved == [600.0, 1500.0, 380.0]
    # The same matches again, as when a witness is asked: from those that explained them alone.
    assert solver.solve_matches(views, matches).problem.views[0].focal == 1480.0
    assert solver.solved[3:] == [1500.0, 380.0] and len(asked) == 1
    solver.solve_matches(views, {})
    assert len(asked) == 2, "other matches, which may want other ones"


def test_no_focal_length_is_solved_from_that_another_led_to(monkeypatch: pytest.MonkeyPatch) -> None:
    guesses = [{0: px, 1: px} for px in (1500.0, 600.0)]
    monkeypatch.setattr(solving, "guess_focals", lambda *_: guesses)
    solver = Scripted({1500.0: (650.0, 1000.0), 600.0: (600.0, 1.0)})
    assert solver.solve_matches(make_views(RING[:2], seed=0), {}).problem.views[0].focal == 650.0
    assert solver.solved == [1500.0]
