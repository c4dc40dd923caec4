"""Searches that are spread over frames."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3, SO3
from objpose.tracking.clock import NOMINAL
from objpose.tracking.portion import ALL, FRAME, MOST, WHOLE, Portion, portion


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8])
def test_portions_in_turn_are_the_whole_and_no_place_is_in_two(count: int) -> None:
    places = torch.arange(54)
    for first in (0, 5):
        parts = [Portion(index, count).of(places) for index in range(first, first + count)]
        assert torch.equal(torch.cat(parts).sort().values, places)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_less_time_there_is_between_frames_the_less_is_done_in_each() -> None:
    counts = [
        portion(elapsed, 0).count
        for elapsed in (1e-4, NOMINAL / 2, NOMINAL, 1.5 * NOMINAL, FRAME + WHOLE, 3.0)
    ]
    assert counts == sorted(counts, reverse=True) and counts[0] == MOST
    assert counts[2] > counts[3] > 1 == counts[4] == portion(2 * NOMINAL, 0).count
    assert portion(0.0, 7) == ALL and ALL.is_all  # the first frame of all


@pytest.mark.parametrize("places", [1, 6, 20, 54])
def test_portions_go_on_with_as_many_as_the_whole_and_with_one_at_least(places: int) -> None:
    for count in range(1, MOST + 1):
        number = Portion(0, count).number(places)
        assert number >= 1 and places <= count * number < places + count


def test_each_centre_is_looked_around_in_all_portions_of_its_turn() -> None:
    centres = SE3.from_rotation_translation(SO3.identity((2,)), torch.arange(6.0).view(2, 3))
    assert [turn for _, turn in ALL.among(centres)] == [ALL, ALL]
    seen = set()
    for index in range(2 * 4):
        [(centre, turn)] = Portion(index, 4).among(centres)
        seen.add((float(centre.translation[0]), turn.index % 4))
    assert len(seen) == 8
