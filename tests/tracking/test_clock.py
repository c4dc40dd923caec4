"""Times of frames are kept as told, and refused where they cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from objpose.errors import InputError
from objpose.tracking.clock import NOMINAL, Clock


def test_told_times_are_believed() -> None:
    clock = Clock()
    times = [5.0, 5.01, 5.5, 105.5]
    assert [clock.tick(time) for time in times] == pytest.approx([0, 0.01, 0.49, 100])
    assert clock.now == 105.5


def test_untold_times_come_at_the_nominal_rate() -> None:
    clock = Clock()
    assert [clock.tick(None) for _ in range(4)] == pytest.approx([0, NOMINAL, NOMINAL, NOMINAL])
    assert clock.now == pytest.approx(3 * NOMINAL)


def test_numbers_of_any_kind_are_times() -> None:
    clock = Clock()
    steps = [clock.tick(time) for time in (1, 1.5, np.float32(2.5), np.float64(3.0), np.int64(7))]
    assert steps == pytest.approx([0, 0.5, 1, 0.5, 4])


def test_the_first_may_be_any_second() -> None:
    for time in (-3.0, 0.0, 1.7e9):
        assert Clock().tick(time) == 0.0


@pytest.mark.parametrize("time", [2.0, 1.9, -2.0, math.nan, math.inf])
def test_time_goes_on(time: float) -> None:
    clock = Clock()
    clock.tick(2.0)
    with pytest.raises(InputError, match="timestamp: found .*seconds that grow"):
        clock.tick(time)
    assert clock.now == 2.0 and clock.tick(2.5) == 0.5  # as if it had not been asked


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_the_first_is_a_number(time: float) -> None:
    with pytest.raises(InputError, match="timestamp"):
        Clock().tick(time)


@pytest.mark.parametrize(("first", "second"), [(None, 1.0), (1.0, None)])
def test_all_frames_have_a_time_or_none(first: float | None, second: float | None) -> None:
    clock = Clock()
    clock.tick(first)
    with pytest.raises(InputError, match="timestamp: found given for some frames only"):
        clock.tick(second)
    later = None if first is None else 2.0
    assert clock.tick(later) > 0


def test_a_first_time_that_was_refused_is_none() -> None:
    clock = Clock()
    with pytest.raises(InputError):
        clock.tick(math.nan)
    assert clock.tick(None) == 0.0
