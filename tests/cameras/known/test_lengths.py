"""Known lengths make metres, and the one that does not fit is named."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from objpose.cameras.known.lengths import check_lengths, length_measures, say_unused
from objpose.cameras.known.metre import metre_of
from objpose.errors import InputError, InputWarning

METRE = 3.5  # world units
CENTRES = {name: METRE * np.random.default_rng(ord(name)).normal(size=3) for name in "abcd"}
PAIRS = ("ab", "bc", "cd", "da")


def true_length(pair: str) -> float:
    return float(np.linalg.norm(CENTRES[pair[0]] - CENTRES[pair[1]])) / METRE


RIGHT = [(*pair, true_length(pair)) for pair in PAIRS]


def test_lengths_that_agree_give_the_metre() -> None:
    noisy = [(a, b, metres * (1 + (-1) ** i / 100)) for i, (a, b, metres) in enumerate(RIGHT)]
    found, against = metre_of(length_measures(noisy, CENTRES, 0.02))
    assert found == pytest.approx(METRE, rel=1e-3) and against == []
    assert metre_of(length_measures([RIGHT[0]], CENTRES, 0.02))[0] == pytest.approx(METRE)
    assert metre_of(length_measures([("a", "x", 1.0)], CENTRES, 0.02)) == (None, [])


@pytest.mark.parametrize("wrong", range(4))
def test_the_length_that_does_not_fit_is_named(wrong: int) -> None:
    lengths = list(RIGHT)
    lengths[wrong] = (*PAIRS[wrong], 2.0 * RIGHT[wrong][2])
    found, [against] = metre_of(length_measures(lengths, CENTRES, 0.02))
    assert found == pytest.approx(METRE)
    assert against.constraint == f"length between {PAIRS[wrong][0]} and {PAIRS[wrong][1]}"
    assert against.stated == f"{2 * RIGHT[wrong][2]:.4g} m" and against.found == f"{RIGHT[wrong][2]:.4g} m"
    assert against.sigmas == pytest.approx(np.log(2) / (0.02 * np.sqrt(4 / 3)))


def test_the_unit_of_known_cameras_is_not_changed() -> None:
    assert metre_of(length_measures(RIGHT[:1], CENTRES, 0.02), METRE)[1] == []
    found, [against] = metre_of(length_measures(RIGHT[:1], CENTRES, 0.02), 1.0)
    assert found is None and against.found == f"{METRE * RIGHT[0][2]:.4g} m"


@pytest.mark.parametrize(
    ("length", "message"),
    [(("a", "x", 1.0), "no photo 'x'"), (("a", "a", 1.0), "a twice"), (("a", "b", 0.0), "metres above 0")],
)
def test_lengths_of_nothing_are_refused(length: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_lengths([length], "ab")


def test_a_length_to_a_photo_without_a_place_is_not_dropped_in_silence() -> None:
    with pytest.warns(InputWarning, match="length between a and b.*no place for b"):
        say_unused([("a", "b", 1.0)], {"a", "c"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        say_unused([("a", "c", 1.0)], {"a", "c"})
