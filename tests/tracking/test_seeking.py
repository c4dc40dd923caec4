"""What is lost: held on to where it may be, else looked for around where it was, and anywhere, in turn."""

from __future__ import annotations

from types import SimpleNamespace

import torch

from objpose.geometry import SE3
from objpose.tracking.clock import NOMINAL
from objpose.tracking.lifecycle import Lifecycle
from objpose.tracking.portion import Portion
from objpose.tracking.seeking import Known, Looked, Seeker
from objpose.tracking.state import Status
from tests.synthetic import looking, onboarded

SLOW = 0.2  # seconds between frames that leave time for all of a search
NEAR, AROUND, ANYWHERE = (SimpleNamespace(odds=odds, likely=0.1) for odds in (-1.0, -2.0, -3.0))


class Searches:
    """A fitter that finds nothing good, and keeps what it was asked for."""

    def __init__(self, near: SimpleNamespace = NEAR):
        self.views = SimpleNamespace(centre=torch.zeros(3))
        self.asked: list[tuple[str, Portion | None, float]] = []
        self._near = near

    def near(self, sight: object, start: SE3) -> SimpleNamespace:
        self.asked.append(("near", None, 0.0))
        return self._near

    def settled(self, sight: object, near: SimpleNamespace, start: SE3) -> SimpleNamespace:
        return near

    def around(self, sight: object, centres: SE3, part: Portion) -> SimpleNamespace:
        self.asked.append(("around", part, 0.0))
        return AROUND

    def anywhere(self, sight: object, depth: float, part: Portion, least: float) -> SimpleNamespace:
        self.asked.append(("anywhere", part, depth))
        return ANYWHERE

    def told_apart(self, sight: object, fit: SimpleNamespace) -> SimpleNamespace:
        return fit


def lost(frames: int, searches: Searches, elapsed: float = NOMINAL, weak: int = 2) -> list[SimpleNamespace]:
    """What is found in so many frames after the loss."""
    life, found = Lifecycle(status=Status.LOST, seen=True, weak=weak), []
    seeker = Seeker(onboarded("mug"), life)
    seeker.fitter = searches
    known = Known(looking(1), looking(1), looking(1), elapsed, 1.0)
    for _ in range(frames):
        found.append(seeker.found(None, known, Looked(None))[1])
        life.doubted += 1
    return found


def test_portions_of_both_searches_take_turns_and_come_round() -> None:
    searches = Searches()
    lost(60, searches)
    assert [name for name, _, _ in searches.asked] == ["around", "anywhere"] * 30
    for kind in ("around", "anywhere"):
        parts = [part for name, part, _ in searches.asked if name == kind]
        assert {part.index % part.count for part in parts} == set(range(parts[0].count))


def test_it_is_looked_for_nearer_and_further_off_as_well() -> None:
    searches = Searches()
    lost(12, searches)
    depths = {round(depth / float(looking(1).translation[2]), 2) for _, _, depth in searches.asked if depth}
    assert len(depths) == 3 and min(depths) < 0.95 < 1.0 < 1.05 < max(depths)


def test_where_frames_come_seldom_both_are_done_in_each() -> None:
    searches = Searches()
    assert lost(2, searches, SLOW) == [AROUND, AROUND]
    assert [name for name, _, _ in searches.asked] == ["around", "anywhere"] * 2
    assert all(part.is_all for _, part, _ in searches.asked)


def test_a_place_that_may_be_it_is_held_on_to_and_one_that_is_likely_is_not_searched_around() -> None:
    doubtful, likely = Searches(), Searches(SimpleNamespace(odds=1.0, likely=0.7))
    assert lost(2, doubtful, weak=0) == [NEAR, NEAR]
    assert [name for name, _, _ in doubtful.asked] == ["near", "around", "near", "anywhere"]
    lost(2, likely, weak=0)
    assert [name for name, _, _ in likely.asked] == ["near", "near"]


def test_a_frame_without_anything_near_has_time_for_more_of_a_search() -> None:
    without, beside = Searches(), Searches()
    lost(1, without)
    lost(1, beside, weak=0)
    assert without.asked[0][1].count < beside.asked[1][1].count
