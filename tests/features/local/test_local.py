"""Local features: matches are mutual, turned photos are found again, extraction is cached by content."""

from __future__ import annotations

import numpy as np
import pytest

from objpose.errors import InputError
from objpose.features.local import (
    FeatureCache,
    LearnedExtractor,
    LocalFeatures,
    SiftExtractor,
    local_extractor,
    match_features,
)
from objpose.features.local.quarter_turns import turn_back
from tests.cameras.photo_sets import draw_corner, look_at_origin

DIMENSIONS = 16


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return draw_corner(look_at_origin(45, 30, 3.0))


def random_features(count: int, seed: int, turns: int = 1) -> LocalFeatures:
    rng = np.random.default_rng(seed)
    descriptors = rng.normal(size=(turns, count, DIMENSIONS)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=-1, keepdims=True)
    return LocalFeatures(rng.uniform(0, 400, (count, 2)).astype(np.float32), descriptors)


def test_features_match_their_own_copies_shuffled():
    first = random_features(50, 0)
    order = np.random.default_rng(1).permutation(50)
    matches = match_features(first, first.select(order))
    assert len(matches) == 50
    np.testing.assert_array_equal(order[matches.indices[:, 1]], matches.indices[:, 0])
    assert matches.ratios.max() < 0.01


def test_matching_is_symmetric():
    first, second = random_features(60, 0), random_features(70, 1)
    there, back = match_features(first, second), match_features(second, first).swapped()
    assert {tuple(row) for row in there.indices} == {tuple(row) for row in back.indices}


def test_the_least_ambiguous_comes_first_and_keypoints_occur_once():
    matches = match_features(random_features(60, 2), random_features(70, 3))
    assert (np.diff(matches.ratios) >= 0).all()
    assert all(len(np.unique(column)) == len(column) for column in matches.indices.T)


def test_the_turn_with_most_matches_is_taken():
    first = random_features(40, 7)
    wrong = random_features(40, 8, turns=4).descriptors
    wrong[2] = first.descriptors[0]
    matches = match_features(first, LocalFeatures(first.keypoints, wrong))
    np.testing.assert_array_equal(matches.indices[:, 0], matches.indices[:, 1])
    assert len(matches) == 40


@pytest.mark.parametrize("turn", range(4))
def test_turned_keypoints_come_back(turn):
    photo = np.random.default_rng(0).uniform(size=(3, 5))
    turned = np.rot90(photo, turn)
    rows, columns = np.indices(turned.shape).reshape(2, -1)
    back = turn_back(np.stack([columns, rows], axis=1), turn, (5, 3)).astype(int)
    np.testing.assert_array_equal(photo[back[:, 1], back[:, 0]], turned.ravel())


def test_sift_finds_a_turned_photo_again(picture):
    extract = SiftExtractor(max_keypoints=400)
    first, second = extract(picture), extract(np.rot90(picture).copy())
    matches = match_features(first, second)
    good = matches.select(matches.ratios < 0.8)
    size = (picture.shape[1], picture.shape[0])
    back = turn_back(second.keypoints[good.indices[:, 1]], 1, size)
    error = np.linalg.norm(back - first.keypoints[good.indices[:, 0]], axis=1)
    assert len(good) > 50
    assert np.median(error) < 0.5


def test_keypoints_of_a_reduced_photo_are_in_its_own_pixels(picture):
    large = np.kron(picture, np.ones((2, 2, 1), np.uint8))
    first = SiftExtractor(max_size=400)(picture)
    second = SiftExtractor(max_size=400)(large)
    matches = match_features(first, second)
    good = matches.select(matches.ratios < 0.5).indices
    expected = (first.keypoints[good[:, 0]] + 0.5) * 2 - 0.5
    assert np.median(np.abs(second.keypoints[good[:, 1]] - expected)) < 0.05


class Counting:
    """An extractor that counts its calls."""

    name = "counting"

    def __init__(self):
        self.calls = 0

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        self.calls += 1
        return random_features(5, int(image.sum()))


def test_equal_photos_are_extracted_once_also_between_runs(tmp_path):
    images = [np.full((4, 4, 3), value, np.uint8) for value in (1, 2, 1)]
    extractor = Counting()
    first = [FeatureCache(extractor, tmp_path)(image) for image in images]
    assert extractor.calls == 2
    np.testing.assert_array_equal(first[0].descriptors, first[2].descriptors)
    assert not np.array_equal(first[0].descriptors, first[1].descriptors)


def test_unknown_names_and_weights_are_refused(tmp_path):
    with pytest.raises(InputError, match="aliked-n16rot"):
        local_extractor("superglue")
    with pytest.raises(InputError, match="no such file"):
        local_extractor("aliked-n16", tmp_path / "absent.pth")
    with pytest.raises(InputError, match="no weights"):
        local_extractor("sift", tmp_path / "some.pth")


@pytest.mark.slow("reads a trained network and runs it on whole photos")
def test_aliked_finds_a_turned_photo_again(picture, shared_data):
    extract = LearnedExtractor("aliked-n16rot", shared_data / "weights" / "aliked-n16rot.pth", 512)
    first, second = extract(picture), extract(np.rot90(picture).copy())
    good = match_features(first, second)
    good = good.select(good.ratios < 0.8)
    back = turn_back(second.keypoints[good.indices[:, 1]], 1, (picture.shape[1], picture.shape[0]))
    error = np.linalg.norm(back - first.keypoints[good.indices[:, 0]], axis=1)
    assert len(good) > 50 and np.median(error) < 1.0
