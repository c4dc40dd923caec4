"""Places that further matches add: each is a keypoint, none of the keypoints there were is another."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.features.local import LocalFeatures, Matches, PlaceMatches
from objpose.features.local.places import ONE_PLACE, Pair, add_places

SIZE = (640, 480)
RADIUS = ONE_PLACE * SIZE[0]


def features(seed: int, count: int) -> LocalFeatures:
    """Keypoints on a grid of 20 pixels, moved by less than a pixel."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[10:470:20, 10:630:20]
    grid = np.stack([columns, rows], axis=-1).reshape(-1, 2)[:count] + rng.uniform(-1, 1, (count, 2))
    described = rng.normal(size=(1, count, 16))
    described /= np.linalg.norm(described, axis=-1, keepdims=True)
    return LocalFeatures(grid.astype(np.float32), described.astype(np.float32), size=SIZE)


FEATURES = [features(seed, count) for seed, count in ((0, 60), (1, 50), (2, 40))]
MATCHES = {(0, 1): Matches(np.stack([np.arange(30), np.arange(30)], 1), np.linspace(0.3, 0.9, 30))}


def said(seed: int, pairs: list[Pair], count: int = 40) -> dict[Pair, PlaceMatches]:
    rng = np.random.default_rng(seed)

    def places() -> np.ndarray:
        return rng.uniform([5, 250], [600, 470], (count, 2)).astype(np.float32)

    return {pair: PlaceMatches(places(), places(), rng.uniform(0.2, 0.9, count)) for pair in pairs}


def test_what_was_there_stays_and_what_is_added_has_no_descriptor() -> None:
    whole, matches = add_places(FEATURES, MATCHES, said(3, [(0, 1), (0, 2)]))
    for before, after in zip(FEATURES, whole, strict=True):
        np.testing.assert_array_equal(after.keypoints[: len(before)], before.keypoints)
        np.testing.assert_array_equal(after.descriptors[:, : len(before)], before.descriptors)
        assert after.described.tolist() == [True] * len(before) + [False] * (len(after) - len(before))
    kept = set(map(tuple, matches[0, 1].indices.tolist()))
    assert set(map(tuple, MATCHES[0, 1].indices.tolist())) <= kept  # the places lie below all of them
    assert set(matches) == {(0, 1), (0, 2)}


def test_every_match_joins_places_that_were_said_and_a_keypoint_is_in_one_of_them() -> None:
    more = said(4, [(0, 1), (0, 2), (1, 2)])
    whole, matches = add_places(FEATURES, {}, more)
    for pair, found in matches.items():
        ends = [whole[photo].keypoints[found.indices[:, side]] for side, photo in enumerate(pair)]
        off = [
            np.linalg.norm(end[:, None] - told[None], axis=-1)
            for end, told in zip(ends, (more[pair].first, more[pair].second), strict=True)
        ]
        assert (np.maximum(*off).min(axis=1) <= RADIUS).all()
        assert len(found) > 0.8 * len(more[pair])  # but for those at one place
        assert all(len(np.unique(column)) == len(column) for column in found.indices.T)
        assert (np.diff(found.ratios) >= 0).all()


def test_a_place_at_a_keypoint_is_that_keypoint() -> None:
    at = [one.keypoints[30:40] + np.float32(0.5) for one in FEATURES]
    whole, matches = add_places(FEATURES, MATCHES, {(0, 1): PlaceMatches(at[0], at[1], np.full(10, 0.5))})
    assert [len(one) for one in whole] == [len(one) for one in FEATURES]
    assert {(index, index) for index in range(40)} == set(map(tuple, matches[0, 1].indices.tolist()))


@pytest.mark.parametrize("clearer", [True, False])
def test_of_two_matches_of_one_keypoint_the_clearer_counts(clearer: bool) -> None:
    ratio = MATCHES[0, 1].ratios[5] + (-0.1 if clearer else 0.1)
    told = PlaceMatches(FEATURES[0].keypoints[5:6], FEATURES[1].keypoints[45:46], np.array([ratio]))
    _, matches = add_places(FEATURES, MATCHES, {(0, 1): told})
    [end] = matches[0, 1].indices[matches[0, 1].indices[:, 0] == 5, 1]
    assert end == (45 if clearer else 5)


def test_a_place_that_several_photos_match_is_one_keypoint() -> None:
    shared = np.array([[300.0, 300.0], [400.0, 350.0]], dtype=np.float32)
    told = {
        (0, 1): PlaceMatches(shared, shared + 9, np.full(2, 0.5)),
        (0, 2): PlaceMatches(shared + np.float32(0.5), shared + 30, np.full(2, 0.6)),
    }
    whole, matches = add_places(FEATURES, {}, told)
    assert len(whole[0]) == len(FEATURES[0]) + 2
    assert set(matches[0, 1].indices[:, 0]) == set(matches[0, 2].indices[:, 0])
