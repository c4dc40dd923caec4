"""Pairs that were searched are not searched again, and what they are searched for is theirs alone."""

from __future__ import annotations

import numpy as np

from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.problem import pose_problem
from objpose.cameras.pairs.searched import Asked, SearchedPairs
from objpose.cameras.scene.views import refocused
from objpose.features.local import Matches
from tests.cameras.pairs.test_witness import RING, Seer, faint_problem
from tests.cameras.photo_sets import FOCAL, make_problem, make_views


def test_pairs_are_searched_once_for_one_focal_length() -> None:
    views = make_views(RING, seed=0)
    matches, searched = make_problem(views).matches, SearchedPairs(PairOptions(), 0)
    first = searched.posed(views, matches)
    assert searched.posed(refocused(views, {0: FOCAL}), matches) is first
    other = searched.posed(refocused(views, {0: 0.8 * FOCAL}), matches)
    assert other is not first and searched.posed(views, matches) is first
    assert searched.posed(views, dict(matches)) is not first  # other matches, for all that is known
    alone = pose_problem(views, matches, PairOptions(), 0)
    for pair, found in alone.hypotheses.items():
        again = first.hypotheses[pair]
        np.testing.assert_array_equal([one.evidence for one in again], [one.evidence for one in found])


def test_pairs_of_the_same_matches_and_lenses_are_not_searched_again() -> None:
    """Where another photo has another focal length, or is left out."""
    views = make_views(RING, seed=0)
    matches, searched = make_problem(views).matches, SearchedPairs(PairOptions(), 0)
    first = searched.posed(views, matches).hypotheses
    other = searched.posed(refocused(views, {0: 0.8 * FOCAL}), matches).hypotheses
    without = {pair: one for pair, one in matches.items() if 0 not in pair}
    fewer = searched.posed(views, without).hypotheses
    assert fewer and all(fewer[pair] is first[pair] is other[pair] for pair in fewer)
    assert all(other.get(pair) is not first[pair] for pair in first if 0 in pair)


def test_where_sure_pairs_join_two_photos_nothing_is_searched_long() -> None:
    """Two photos that show nothing in common have no hypotheses where a third joins them for sure, and what
    chance gives where none does.
    """
    views = make_views(RING[:3], seed=0)
    matches = dict(make_problem(views).matches)
    rng, wrong = np.random.default_rng(0), len(matches[0, 2])
    shuffled = matches[0, 2].indices.copy()
    shuffled[:, 1] = rng.permutation(shuffled[:, 1])
    matches[0, 2] = Matches(shuffled, np.full(wrong, 0.85, np.float32))
    joined = pose_problem(views, matches, PairOptions(), 0)
    assert joined.hypotheses.keys() == {(0, 1), (1, 2)}
    assert all(found[0].evidence > PairOptions().sure_nats for found in joined.hypotheses.values())
    apart = pose_problem(views, {(0, 1): matches[0, 1], (0, 2): matches[0, 2]}, PairOptions(), 0)
    assert 0.0 < apart.hypotheses[0, 2][0].evidence < PairOptions().evidence.least(1)


def test_every_witness_is_asked_once_and_after_those_before_it() -> None:
    problem, searched = faint_problem(1), SearchedPairs(PairOptions(), 0)
    views, matches = problem.views, problem.matches
    wrong, right = Asked(Seer(right=False), ()), Asked(Seer(right=True), {(0, 1), (1, 2), (2, 3)})
    one = searched.posed(views, matches, (wrong,))
    assert searched.posed(views, matches, (wrong, right)) is one  # all joined: nobody need be asked
    assert wrong.witness.asked == list(matches) and right.witness.asked == []
    other = Asked(Seer(right=True), {(0, 1)})
    two = searched.posed(views, matches, (wrong, other))
    assert set(other.witness.asked) == set(matches) - {(0, 1)} and wrong.witness.asked == list(matches)
    assert len(two.matches[0, 2]) > len(one.matches[0, 2]) and len(two.matches[0, 1]) == len(
        one.matches[0, 1]
    )
