"""Who is asked when, and whom the solution believes: as the pairs are sure that each leads to."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from objpose.cameras import asking
from objpose.cameras.options import RecoverOptions
from objpose.cameras.pairs.focal import UnknownFocals
from objpose.cameras.solving import Solver
from objpose.cameras.tags.seen import SeenTags
from objpose.features.local import MatchedPhotos
from objpose.features.local.places import Pair
from objpose.timing import Clock

ALL = {(0, 1), (1, 2)}  # join three photos
PHOTOS = [None] * 3


class Teller:
    """A witness after which these pairs are sure."""

    def __init__(self, trust: float, sure: set[Pair], placed: Sequence[int] = range(3)):
        self.trust, self.sure, self.placed, self.weights = trust, sure, placed, (f"network of {trust}",)


def asked_of(
    monkeypatch: pytest.MonkeyPatch, first: set[Pair], *witnesses: Teller, placed: Sequence[int] = range(3)
) -> asking.Answered:
    """What comes of it where the first solution places some photos and is sure of some pairs."""

    def solve(solver: Solver, *_: object) -> tuple[SimpleNamespace, tuple[()]]:
        last = solver.asked[-1].witness if solver.asked else Teller(1.0, first, placed)
        told = [(one.witness, one.joined) for one in solver.asked]
        island = SimpleNamespace(reviews=dict.fromkeys(last.placed))
        return SimpleNamespace(islands=[island], sure=last.sure, told=told), ()

    monkeypatch.setattr(asking, "_sure", lambda solver, solved, *_: solved.sure)
    solver = Solver(UnknownFocals(), [], {}, RecoverOptions(), Clock(), SeenTags())
    matched = MatchedPhotos([], {}, {}, weights=("first",), witnesses=witnesses)
    return asking.solve_asking(solve, solver, [], matched, PHOTOS)


def test_nobody_is_asked_where_all_is_sure(monkeypatch) -> None:
    answered = asked_of(monkeypatch, ALL, Teller(1.0, set()))
    assert answered.solved.told == [] and answered.weights == ("first",)


def test_who_counts_whole_is_believed_and_asked_of_all(monkeypatch) -> None:
    one = Teller(1.0, set())
    answered = asked_of(monkeypatch, {(0, 1)}, one)
    assert answered.solved.told == [(one, ())] and answered.weights == ("first", "network of 1.0")


@pytest.mark.parametrize(("sure", "is_believed"), [(set(), False), ({(0, 2)}, False), (ALL, True)])
def test_who_counts_half_is_believed_where_more_is_sure(monkeypatch, sure, is_believed: bool) -> None:
    """And is asked of what was not sure alone."""
    one = Teller(0.5, sure)
    answered = asked_of(monkeypatch, {(0, 1)}, one)
    assert answered.solved.told == ([(one, {(0, 1)})] if is_believed else [])
    assert answered.weights == (("first", "network of 0.5") if is_believed else ("first",))


def test_who_counts_half_brings_in_no_photo_that_is_not_sure(monkeypatch) -> None:
    """It would bend the others; one that was there before may be as it was."""
    one, first = Teller(0.5, {(0, 1)}), Teller(0.5, {(0, 1)}, placed=(0, 1))
    assert asked_of(monkeypatch, set(), one, placed=(0, 1)).solved.told == []
    assert asked_of(monkeypatch, set(), first, placed=(0, 1)).solved.told == [(first, set())]
    assert asked_of(monkeypatch, set(), one).solved.told == [(one, set())]


def test_the_last_is_asked_with_what_those_before_it_said(monkeypatch) -> None:
    one, two = Teller(1.0, {(0, 1)}), Teller(0.5, ALL)
    assert asked_of(monkeypatch, set(), one, two).solved.told == [(one, ()), (two, {(0, 1)})]
