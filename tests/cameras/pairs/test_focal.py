"""Focal lengths that nobody knows: from matches, shared by a camera, in the unit of the photo's size."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras.pairs.focal import UnknownFocals, guess_focals, likely_ratios, with_ratio
from objpose.cameras.pairs.options import FocalOptions, PairOptions
from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.pairs.two_view import strongest
from objpose.cameras.scene.views import View, refocused
from tests.cameras.photo_sets import RING, WIDTH, make_views, match_views

OPTIONS = FocalOptions(pairs=3, steps=5, spread=100.0)  # no focal length is unusual: evidence alone counts
STEP = (OPTIONS.longest / OPTIONS.widest) ** (1 / (OPTIONS.steps - 1))


def guess(views: list[View], groups: dict[int, int]) -> dict[int, float]:
    return guess_focals(views, match_views(views), UnknownFocals(groups), 0, OPTIONS, PairOptions())[0]


def nats(views: list[View], ratio: float) -> float:
    """Evidence of the dominant modes of all pairs under this focal length."""
    views, quick = [with_ratio(view, ratio) for view in views], replace(PairOptions(), trials=OPTIONS.trials)
    clear = {
        pair: found.select(found.ratios < OPTIONS.clear_ratio) for pair, found in match_views(views).items()
    }
    return sum(strongest(PairMatches(views[a], views[b], one), quick, 0) for (a, b), one in clear.items())


@pytest.mark.parametrize("seed", [1, 2])
def test_no_other_focal_length_has_more_evidence_than_the_one_all_share(seed: int) -> None:
    views = make_views(RING[:3], seed=seed)
    found = guess(views, {index: 0 for index in range(3)})
    assert len(set(found.values())) == 1
    evidence = [nats(views, ratio) for ratio in OPTIONS.tried_beside(None)]
    assert min(evidence) < max(evidence)
    assert found[0] == pytest.approx(WIDTH * OPTIONS.tried_beside(None)[int(np.argmax(evidence))])


def test_what_the_focal_length_was_said_to_be_does_not_matter() -> None:
    views = make_views(RING[:2], seed=2)
    other = refocused(views, {0: 200.0, 1: 3000.0})
    groups = {0: 0, 1: 0}
    assert guess(views, groups) == guess(other, groups)


def test_photos_without_matches_get_the_usual_one() -> None:
    small, large = make_views(RING[:2], seed=0)
    large = replace(large, width=2 * WIDTH)
    alone = guess_focals([small, large], {}, UnknownFocals({0: 0, 1: 0}), 0, OPTIONS, PairOptions())
    assert alone == [{0: OPTIONS.usual * WIDTH, 1: OPTIONS.usual * 2 * WIDTH}]
    assert guess_focals([small, large], {}, UnknownFocals(), 0, OPTIONS, PairOptions()) == [{}]


def test_what_is_tried_goes_from_wide_to_long_in_even_ratios() -> None:
    tried = OPTIONS.tried_beside(None)
    assert (tried[0], tried[-1]) == pytest.approx((OPTIONS.widest, OPTIONS.longest))
    np.testing.assert_allclose(tried[1:] / tried[:-1], STEP)


WORTHS = [np.random.default_rng(seed).uniform(50.0, 100.0, FocalOptions().steps) for seed in range(6)]


@pytest.mark.parametrize("worth", WORTHS)
def test_guesses_are_far_apart_and_each_nearly_as_likely_as_the_first(worth: np.ndarray) -> None:
    options = FocalOptions()
    guesses = likely_ratios(worth, None, options)
    score = dict(zip(options.tried_beside(None), worth, strict=True))
    unusual = {one: np.log(one / options.usual) ** 2 / options.spread**2 for one in score}
    total = {one: nats - 0.5 * options.temperature * unusual[one] for one, nats in score.items()}
    assert total[guesses[0]] == max(total.values()) and len(guesses) <= options.guesses
    for one, other in itertools.combinations(guesses, 2):
        assert total[other] <= total[one] < total[other] + options.rival_nats
        assert abs(np.log(one / other)) > np.log(options.apart)
    for one in total.keys() - set(guesses):
        is_near = any(abs(np.log(one / other)) <= np.log(options.apart) for other in guesses)
        is_behind = total[one] <= total[guesses[0]] - options.rival_nats
        assert is_near or is_behind or len(guesses) == options.guesses


def test_one_focal_length_that_is_far_ahead_has_no_rival() -> None:
    options = FocalOptions()
    for step, ratio in enumerate(options.tried_beside(None)):
        assert likely_ratios(np.eye(options.steps)[step] * 500.0, None, options) == [ratio]


@pytest.mark.parametrize("told", [0.4, 0.75, 1.1, 3.0])
def test_what_exif_tells_is_tried_and_taken_unless_the_photos_are_far_from_it(told: float) -> None:
    options = FocalOptions()
    assert likely_ratios(np.zeros(options.steps), told, options) == [told]
    assert likely_ratios(np.full(options.steps, 100.0), told, options)[0] == pytest.approx(told)
    tried = options.tried_beside(told)
    assert abs(np.log(tried / told)).min() == pytest.approx(0.0, abs=1e-12)
    for step, ratio in enumerate(tried):
        if abs(np.log(ratio / told)) < 0.5:
            assert likely_ratios(np.eye(options.steps)[step] * 500.0, told, options)[0] == ratio


def test_of_photos_without_matches_exif_tells() -> None:
    views = make_views(RING[:3], seed=0)
    found = guess_focals(views, {}, UnknownFocals({0: 0, 1: 0, 2: 1}, {0: 0.8}), 0, OPTIONS, PairOptions())
    assert found == [{0: 0.8 * WIDTH, 1: 0.8 * WIDTH, 2: OPTIONS.usual * WIDTH}]
