"""When a near fit is believed, and when all around is looked at."""

from __future__ import annotations

import math
from types import SimpleNamespace

from objpose.tracking.clock import NOMINAL
from objpose.tracking.doubt import ASTRAY, HOPELESS, LEAPT, RECENT, REST, Doubt
from objpose.tracking.portion import ALL, Portion


def fit(odds: float, misfit: float = 0.2) -> SimpleNamespace:
    return SimpleNamespace(odds=odds, evidence=SimpleNamespace(misfit=misfit))


def test_the_clear_is_believed_and_the_doubtful_is_not() -> None:
    doubt = Doubt()
    assert doubt.believes(fit(4.0), 0.0) and not doubt.believes(fit(1.0), 0.0)


def test_an_outline_that_fits_worse_than_usual_is_not_believed_until_it_is_told_anew() -> None:
    doubt = Doubt()
    doubt.trusted(0.2)
    assert doubt.believes(fit(4.0, 0.25), 0.0) and not doubt.believes(fit(4.0, 0.4), 0.0)
    for _ in range(60):
        doubt.trusted(0.4)
    assert doubt.believes(fit(4.0, 0.4), 0.0)
    doubt.trusted(0.1)
    doubt.begin()
    assert doubt.believes(fit(4.0, 0.9), 0.0)


def test_paths_that_go_astray_are_looked_around_until_they_are_steady() -> None:
    doubt = Doubt()
    doubt.came_astray(9.0)  # more than a diameter counts as one
    assert RECENT > ASTRAY and not doubt.believes(fit(4.0), 0.0)
    frames = 0
    while not doubt.believes(fit(4.0), 0.0):
        doubt.came_astray(0.0)
        frames += 1
    assert 1 <= frames <= 6


def test_a_fit_that_leapt_is_not_believed() -> None:
    doubt = Doubt()
    assert doubt.believes(fit(4.0), 0.9 * LEAPT) and not doubt.believes(fit(4.0), 1.1 * LEAPT)


def searches(doubt: Doubt, odds: float = 1.0, portion: Portion = ALL) -> bool:
    """In the next frame of a camera of 30 frames a second."""
    return doubt.searches(fit(odds), NOMINAL, portion)


def test_after_a_search_in_vain_it_rests_but_not_where_all_is_lost() -> None:
    doubt = Doubt()
    assert searches(doubt)
    doubt.looked(False, ALL)
    assert searches(doubt, HOPELESS - 1)
    frames = math.ceil(REST / NOMINAL)
    assert [searches(doubt) for _ in range(frames + 1)] == [False] * frames + [True]
    doubt.looked(False, ALL)
    doubt.wake()
    assert searches(doubt)
    doubt.looked(False, ALL)
    doubt.begin()
    assert searches(doubt)


def test_it_rests_as_long_however_seldom_frames_come() -> None:
    doubt = Doubt()
    doubt.looked(False, ALL)
    assert not doubt.searches(fit(1.0), REST, ALL)
    assert doubt.searches(fit(1.0), REST, ALL)


def test_a_portion_in_vain_says_little_and_all_of_them_say_what_a_whole_search_does() -> None:
    doubt = Doubt()
    for index in range(4):
        assert [searches(doubt, portion=Portion(index, 4)) for _ in range(2)] == [False, True]  # in turn
        doubt.looked(False, Portion(index, 4))
    assert not any(searches(doubt, portion=Portion(0, 4)) for _ in range(math.ceil(REST / NOMINAL)))
    doubt.looked(False, Portion(0, 2))
    doubt.looked(True, Portion(1, 2))  # what was found is no longer doubtful as it was
    doubt.looked(False, Portion(0, 2))
    assert searches(doubt)
