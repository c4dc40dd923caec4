"""When a near fit is believed, and when all around is looked at."""

from __future__ import annotations

from types import SimpleNamespace

from objpose.tracking.doubt import ASTRAY, HOPELESS, RECENT, REST, Doubt


def fit(odds: float, misfit: float = 0.2) -> SimpleNamespace:
    return SimpleNamespace(odds=odds, evidence=SimpleNamespace(misfit=misfit))


def test_the_clear_is_believed_and_the_doubtful_is_not() -> None:
    doubt = Doubt()
    assert doubt.believes(fit(4.0)) and not doubt.believes(fit(1.0))


def test_an_outline_that_fits_worse_than_usual_is_not_believed_until_it_is_told_anew() -> None:
    doubt = Doubt()
    doubt.trusted(0.2)
    assert doubt.believes(fit(4.0, 0.25)) and not doubt.believes(fit(4.0, 0.4))
    for _ in range(60):
        doubt.trusted(0.4)
    assert doubt.believes(fit(4.0, 0.4))
    doubt.trusted(0.1)
    doubt.begin()
    assert doubt.believes(fit(4.0, 0.9))


def test_paths_that_go_astray_are_looked_around_until_they_are_steady() -> None:
    doubt = Doubt()
    doubt.came_astray(9.0)  # more than a diameter counts as one
    assert RECENT > ASTRAY and not doubt.believes(fit(4.0))
    frames = 0
    while not doubt.believes(fit(4.0)):
        doubt.came_astray(0.0)
        frames += 1
    assert 1 <= frames <= 6


def test_after_a_look_in_vain_it_rests_but_not_where_all_is_lost() -> None:
    doubt = Doubt()
    assert not doubt.rests(fit(1.0))
    doubt.looked(is_better=False)
    assert not doubt.rests(fit(HOPELESS - 1))
    assert [doubt.rests(fit(1.0)) for _ in range(REST + 1)] == [True] * REST + [False]
    doubt.looked(is_better=False)
    doubt.looked(is_better=True)
    assert not doubt.rests(fit(1.0))
    doubt.looked(is_better=False)
    doubt.begin()
    assert not doubt.rests(fit(1.0))
    doubt.looked(is_better=False)
    doubt.wake()
    assert not doubt.rests(fit(1.0))
