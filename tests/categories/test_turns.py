"""Which turns of a handle are possible."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.categories.turns import POSSIBLE, TURNS, Turns


def turns(possible: list[int]) -> Turns:
    """Of so many steps from the first on, equally likely; all others are ruled out."""
    nats = torch.full((TURNS,), -10 * POSSIBLE)
    nats[possible] = 0.0
    return Turns(torch.arange(TURNS) * (2 * math.pi / TURNS), nats)


def test_one_turn_is_told() -> None:
    assert turns([0]).free_turn(torch.zeros(3)) is None
    assert turns([0]).share == pytest.approx(1)
    assert turns([0]).peaks() == [0.0]


def test_all_turns_are_open() -> None:
    free = turns(list(range(TURNS))).free_turn(torch.zeros(3))
    assert free is not None and free.is_whole
    assert turns(list(range(TURNS))).share == pytest.approx(5 / TURNS)


def test_a_range_is_open_on_the_side_that_it_lies_on() -> None:
    free = turns([0, 1, 2, 3, 4, 5, 6, 7, -1, -2]).free_turn(torch.zeros(3))
    assert free is not None
    step = 2 * math.pi / TURNS
    assert free.start == pytest.approx(-2.5 * step) and free.end == pytest.approx(7.5 * step)


def test_a_turn_far_off_is_a_peak_of_its_own() -> None:
    assert [round(math.degrees(angle)) for angle in turns([0, 18]).peaks()] == [0, 180]
    assert turns([0, 18]).share == pytest.approx(0.5)
