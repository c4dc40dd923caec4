"""Focal lengths that nobody knows: from matches, shared by a camera, in the unit of the photo's size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras.pairs.focal import guess_focals, with_ratio
from objpose.cameras.pairs.options import FocalOptions, PairOptions
from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.pairs.two_view import strongest
from objpose.cameras.scene.views import View, refocused
from tests.cameras.photo_sets import RING, WIDTH, make_views, match_views

OPTIONS = FocalOptions(pairs=3, steps=5)
STEP = (OPTIONS.longest / OPTIONS.widest) ** (1 / (OPTIONS.steps - 1))


def guess(views: list[View], groups: dict[int, int]) -> dict[int, float]:
    return guess_focals(views, match_views(views), groups, 0, OPTIONS, PairOptions())


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
    evidence = [nats(views, ratio) for ratio in OPTIONS.tried]
    assert min(evidence) < max(evidence)
    assert found[0] == pytest.approx(WIDTH * OPTIONS.tried[int(np.argmax(evidence))])


def test_what_the_focal_length_was_said_to_be_does_not_matter() -> None:
    views = make_views(RING[:2], seed=2)
    other = refocused(views, {0: 200.0, 1: 3000.0})
    groups = {0: 0, 1: 0}
    assert guess(views, groups) == guess(other, groups)


def test_photos_without_matches_get_the_usual_one() -> None:
    small, large = make_views(RING[:2], seed=0)
    large = replace(large, width=2 * WIDTH)
    alone = guess_focals([small, large], {}, {0: 0, 1: 0}, 0, OPTIONS, PairOptions())
    assert alone == {0: OPTIONS.usual * WIDTH, 1: OPTIONS.usual * 2 * WIDTH}
    assert guess_focals([small, large], {}, {}, 0, OPTIONS, PairOptions()) == {}


def test_what_is_tried_goes_from_wide_to_long_in_even_ratios() -> None:
    tried = OPTIONS.tried
    assert (tried[0], tried[-1]) == pytest.approx((OPTIONS.widest, OPTIONS.longest))
    np.testing.assert_allclose(tried[1:] / tried[:-1], STEP)
