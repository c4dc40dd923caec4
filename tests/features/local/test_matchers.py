"""All matchers behind one protocol: chosen by name, indices that fit, masks kept, no answer by threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from kornia import feature

from objpose.errors import InputError
from objpose.features.local import (
    MATCHERS,
    FeatureMatcher,
    JointMatcher,
    LocalFeatures,
    MatchedPhotos,
    Matches,
    PhotoMatcher,
    PlaceMatches,
    SiftExtractor,
    local_matcher,
    merge_keypoints,
    share_keypoints,
)
from objpose.work import within
from tests.cameras.photo_sets import draw_corner, few_keypoints, look_at_origin
from tests.features.local.random_networks import lightglue_file, loftr_file

SIFT = FeatureMatcher(SiftExtractor(max_keypoints=200))
KNOWN = few_keypoints(200)  # the same, that finds the keypoints of a photo once


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    return [draw_corner(look_at_origin(azimuth, 30, 3.0), 200, 150) for azimuth in (40, 46, 52)]


class Grid:
    """Every tenth pixel of one photo lies half a pixel further in the other."""

    name = "grid"

    def __call__(self, first: np.ndarray, second: np.ndarray) -> PlaceMatches:
        rows, columns = np.mgrid[5 : first.shape[0] : 10, 5 : first.shape[1] : 10]
        places = np.stack([columns, rows], axis=-1).reshape(-1, 2).astype(np.float32)
        return PlaceMatches(places, places + 0.5, np.linspace(0.1, 0.9, len(places), dtype=np.float32))


def assert_fitting(found: MatchedPhotos, photos: list[np.ndarray]) -> None:
    assert set(found.matches) == {(0, 1), (0, 2), (1, 2)}
    for (a, b), matches in found.matches.items():
        counts = (len(found.features[a]), len(found.features[b]))
        assert (matches.indices < counts).all() and (matches.indices >= 0).all()
        assert (np.diff(matches.ratios) >= 0).all() and (matches.ratios <= 1).all()
        assert all(len(np.unique(column)) == len(column) for column in matches.indices.T)


@pytest.mark.parametrize(
    "matcher",
    [SIFT, PhotoMatcher(Grid()), JointMatcher([SIFT, PhotoMatcher(Grid())])],
    ids=["features", "places", "joint"],
)
def test_answers_fit_and_do_not_depend_on_threads_or_caches(matcher, photos, tmp_path: Path) -> None:
    masks = [None] * len(photos)
    with within(1):
        alone = matcher(photos, masks)
    assert_fitting(alone, photos)
    assert min(map(len, alone.matches.values())) > 20
    for threads, cache in ((3, None), (2, tmp_path), (1, tmp_path)):
        with within(threads):
            again = matcher(photos, masks, cache)
        for pair, matches in alone.matches.items():
            np.testing.assert_array_equal(again.matches[pair].indices, matches.indices)
            np.testing.assert_array_equal(again.matches[pair].ratios, matches.ratios)


@pytest.mark.parametrize(
    "matcher",
    [KNOWN, PhotoMatcher(Grid()), JointMatcher([KNOWN, PhotoMatcher(Grid())])],
    ids=["features", "places", "joint"],
)
def test_keypoints_lie_under_the_masks(matcher, photos) -> None:
    mask = np.zeros(photos[0].shape[:2], dtype=bool)
    mask[:, 90:] = True
    found = matcher(photos, [None, mask, None])
    assert_fitting(found, photos)
    assert len(found.features[1]) > 20 and found.features[1].keypoints[:, 0].min() > 89
    assert found.features[0].keypoints[:, 0].min() < 60


@pytest.mark.parametrize("threads", [1, 3])
def test_the_witness_is_asked_of_no_more_than_it_is_told_and_keeps_the_masks(
    threads: int, photos, tmp_path: Path
) -> None:
    """Its answers are those of its own matcher, of these pairs alone, whatever the threads and the cache."""
    second = FeatureMatcher(SiftExtractor(max_keypoints=300, affine=False))
    mask = np.zeros(photos[0].shape[:2], dtype=bool)
    mask[:, 90:] = True
    masks = [None, mask, None]
    with within(threads):
        [witness] = FeatureMatcher(SIFT.extractor, others=[lambda: second])(photos, masks, tmp_path).witnesses
        told = witness([(1, 2)])
    alone = second(photos, masks)
    indices = alone.matches[1, 2].indices
    assert set(told) == {(1, 2)} and len(indices) > 20
    np.testing.assert_array_equal(told[1, 2].first, alone.features[1].keypoints[indices[:, 0]])
    np.testing.assert_array_equal(told[1, 2].second, alone.features[2].keypoints[indices[:, 1]])
    assert told[1, 2].first[:, 0].min() > 89


def test_sift_by_name_has_a_witness_and_what_has_weights_has_none(photos) -> None:
    masks = [None] * len(photos)
    first, *others = local_matcher("sift")(photos, masks).witnesses
    assert first([(0, 1)])[0, 1].trust == 1.0 and len(others) <= 1  # the other's weights may be installed
    assert not KNOWN(photos, masks).witnesses and not PhotoMatcher(Grid())(photos, masks).witnesses


def test_no_network_is_made_before_it_is_asked(photos) -> None:
    made = []

    def make() -> FeatureMatcher:
        made.append(FeatureMatcher(SiftExtractor(max_keypoints=300, affine=False), trust=0.5))
        return made[-1]

    [witness] = FeatureMatcher(KNOWN.extractor, others=[make])(photos, [None] * len(photos)).witnesses
    assert not made
    assert witness([(0, 1)])[0, 1].trust == 0.5 and witness([(1, 2)]) and len(made) == 1


def test_pairs_share_keypoints_where_their_places_meet() -> None:
    """A point seen by three photos is one keypoint in each, although no two pairs give the same place."""
    rng = np.random.default_rng(0)
    points = np.stack(np.meshgrid(np.arange(20, 620, 30), np.arange(20, 460, 30)), -1).reshape(-1, 2)
    pairs = {}
    for pair in ((0, 1), (0, 2), (1, 2)):
        order = rng.permutation(len(points))
        ends = [points[order] + rng.uniform(-0.3, 0.3, points.shape) for _ in range(2)]
        pairs[pair] = PlaceMatches(*np.float32(ends), rng.uniform(size=len(points)).astype(np.float32))
    features, matches = share_keypoints([(640, 480)] * 3, pairs)
    assert [len(one) for one in features] == [len(points)] * 3
    for (a, b), found in matches.items():
        assert len(found) == len(points)
        gap = features[a].keypoints[found.indices[:, 0]] - features[b].keypoints[found.indices[:, 1]]
        assert np.abs(gap).max() < 1.2


def test_places_apart_stay_apart_and_the_clearest_match_wins() -> None:
    first = np.float32([[10, 10], [10.4, 10], [13, 10]])
    second = np.float32([[50, 50], [70, 70], [90, 90]])
    features, matches = share_keypoints(
        [(640, 480)] * 2, {(0, 1): PlaceMatches(first, second, np.float32([0.5, 0.2, 0.3]))}
    )
    np.testing.assert_array_equal(features[0].keypoints, first[[1, 2]])
    kept = features[1].keypoints[matches[0, 1].indices[:, 1]]
    np.testing.assert_array_equal(kept, second[[1, 2]])


def test_a_place_described_twice_has_one_keypoint_for_all_pairs() -> None:
    """Whichever description a pair matched; of two matches of one keypoint the clearer stays."""
    places = np.float32([[20, 20], [60, 20], [20, 60]])
    twice = np.concatenate([places, places + 0.6])
    features = [LocalFeatures(twice, np.zeros((1, 6, 4), np.float32), size=(640, 480))] * 3
    ratios = np.float32([0.3, 0.4, 0.5, 0.6])
    pairs = {
        (0, 1): Matches(np.array([[0, 0], [1, 1], [2, 2], [3, 4]]), ratios),
        (1, 2): Matches(np.array([[3, 0], [4, 4], [5, 2], [0, 3]]), ratios),
    }
    merged, matches = merge_keypoints(features, pairs)
    for one in merged:
        np.testing.assert_array_equal(one.keypoints, places)
    for found in matches.values():
        np.testing.assert_array_equal(found.indices, [[0, 0], [1, 1], [2, 2]])
        np.testing.assert_array_equal(found.ratios, ratios[:3])


def test_photos_without_matches_have_no_keypoints() -> None:
    none = PlaceMatches(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32), np.zeros(0, np.float32))
    features, matches = share_keypoints([(64, 48)] * 2, {(0, 1): none})
    assert [len(one) for one in features] == [0, 0] and len(matches[0, 1]) == 0


def test_matchers_by_name(tmp_path: Path, photos) -> None:
    torch.manual_seed(0)
    torch.save(feature.ALIKED("aliked-n16").state_dict(), tmp_path / "aliked.pth")
    torch.save(feature.XFeat().state_dict(), tmp_path / "xfeat.pth")
    lightglue = {kind: lightglue_file(kind, tmp_path / kind) for kind in ("aliked", "xfeat", "sift")}
    made = {
        "sift": local_matcher("sift"),
        "aliked": local_matcher("aliked", tmp_path / "aliked.pth"),
        "aliked+lightglue": local_matcher("aliked+lightglue", tmp_path / "aliked.pth", lightglue["aliked"]),
        "xfeat+lightglue": local_matcher("xfeat+lightglue", tmp_path / "xfeat.pth", lightglue["xfeat"]),
        "sift+lightglue": local_matcher("sift+lightglue", lightglue_weights=lightglue["sift"]),
        "loftr": local_matcher("loftr", loftr_file(tmp_path / "loftr")),
        "sift-tilted": local_matcher("sift-tilted"),
        "dense": local_matcher("dense"),
        "dense-aliked": local_matcher("dense-aliked", tmp_path / "aliked.pth"),
    }
    assert set(made) <= set(MATCHERS) and len({one.name for one in made.values()}) == len(made)
    assert_fitting(made["xfeat+lightglue"](photos, [None] * 3), photos)


def test_unknown_names_and_misplaced_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'superglue', expected one of aliked, sift.*loftr"):
        local_matcher("superglue")
    with pytest.raises(InputError, match="aliked-t16"):
        local_matcher("aliked-t16+lightglue")
    with pytest.raises(InputError, match="sift has no LightGlue weights"):
        local_matcher("sift", lightglue_weights=tmp_path / "some.pth")
    for name in ("sift+lightglue", "sift-tilted", "dense"):
        with pytest.raises(InputError, match="has no weights"):
            local_matcher(name, tmp_path / "some.pth")
    with pytest.raises(InputError, match="no such file"):
        local_matcher("xfeat+lightglue", tmp_path / "absent.pth")


def places_of(found: MatchedPhotos, a: int, b: int) -> np.ndarray:
    """(M, 4) both places of each match, sorted."""
    ends = [
        found.features[photo].keypoints[found.matches[a, b].indices[:, i]] for i, photo in enumerate((a, b))
    ]
    return np.array(sorted(np.concatenate(ends, axis=1).tolist()))


def test_what_two_matchers_both_see_counts_once(photos) -> None:
    masks = [None] * len(photos)
    twice, once = JointMatcher([KNOWN, KNOWN])(photos, masks), JointMatcher([KNOWN])(photos, masks)
    for a, b in once.matches:
        assert len(once.matches[a, b]) > 10
        np.testing.assert_array_equal(places_of(twice, a, b), places_of(once, a, b))


def test_what_only_one_matcher_sees_is_kept(photos) -> None:
    masks = [None] * len(photos)
    grid = PhotoMatcher(Grid())
    joint, alone = JointMatcher([KNOWN, grid])(photos, masks), JointMatcher([grid])(photos, masks)
    assert all(len(joint.matches[pair]) > len(alone.matches[pair]) for pair in alone.matches)
    assert set(joint.seconds) == {"features", "matching"}


def test_what_is_learned_is_trusted_less_and_so_is_all_it_takes_part_in(photos) -> None:
    masks = [None] * len(photos)
    grid = PhotoMatcher(Grid())
    assert KNOWN(photos, masks).trust == 1.0
    assert JointMatcher([KNOWN, grid])(photos, masks).trust == grid(photos, masks).trust < 1.0
