"""What is kept between runs: by content and name, and never trusted blindly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from objpose.features.local import (
    FeatureCache,
    LocalFeatures,
    MatchCache,
    Matches,
    PlaceCache,
    PlaceMatches,
    match_features,
)

PHOTO, OTHER = (np.full((4, 6, 3), value, np.uint8) for value in (1, 2))


def features_of(seed: int) -> LocalFeatures:
    rng = np.random.default_rng(seed)
    descriptors = rng.normal(size=(1, 20, 8)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=-1, keepdims=True)
    places = rng.uniform(0, 5, (20, 2)).astype(np.float32)
    return LocalFeatures(places, descriptors, rng.uniform(size=(20, 2)).astype(np.float32), (6, 4))


class Counting:
    """A computation that counts its calls."""

    def __init__(self, name: str, compute: Callable[..., object]):
        self.name, self.compute, self.calls = name, compute, 0

    def __call__(self, *items: object) -> object:
        self.calls += 1
        return self.compute(*items)


def extractor(name: str = "features") -> Counting:
    return Counting(name, lambda image: features_of(int(image.sum())))


def pair_matcher(name: str = "matches") -> Counting:
    return Counting(name, match_features)


def place_matcher(name: str = "places") -> Counting:
    def compute(first: np.ndarray, second: np.ndarray) -> PlaceMatches:
        places = [features_of(int(image.sum())).keypoints for image in (first, second)]
        return PlaceMatches(*places, np.linspace(0, 1, 20, dtype=np.float32))

    return Counting(name, compute)


KINDS = {
    "features": (FeatureCache, extractor, (PHOTO,), (OTHER,)),
    "matches": (MatchCache, pair_matcher, (features_of(0), features_of(1)), (features_of(1), features_of(0))),
    "places": (PlaceCache, place_matcher, (PHOTO, OTHER), (OTHER, PHOTO)),
}


def assert_same(found: object, expected: object) -> None:
    for name in ("keypoints", "descriptors", "shapes", "size", "indices", "first", "second", "ratios"):
        if hasattr(expected, name):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_run_computes_nothing_and_answers_the_same(kind: str, tmp_path: Path) -> None:
    cache, make, items, others = KINDS[kind]
    compute = make()
    first = cache(compute, tmp_path)(*items)
    assert_same(first, compute.compute(*items))
    assert_same(cache(compute, tmp_path)(*items), first)
    assert compute.calls == 1
    assert_same(cache(compute, tmp_path)(*others), compute.compute(*others))
    assert compute.calls == 2


@pytest.mark.parametrize("kind", KINDS)
def test_another_name_is_another_answer(kind: str, tmp_path: Path) -> None:
    cache, make, items, _ = KINDS[kind]
    cache(make(), tmp_path)(*items)
    renamed = make("other")
    cache(renamed, tmp_path)(*items)
    assert renamed.calls == 1 and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", ["cut", "empty", "foreign", "other shape"])
def test_a_file_that_is_no_answer_is_computed_anew(kind: str, damage: str, tmp_path: Path) -> None:
    cache, make, items, _ = KINDS[kind]
    compute = make()
    expected = cache(compute, tmp_path)(*items)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    if damage in ("cut", "empty"):
        file.write_bytes(whole[: len(whole) // 2 if damage == "cut" else 0])
    else:
        wrong = ["keypoints", "descriptors", "indices", "first", "second", "ratios"]
        save_file({name: np.zeros(3) for name in (["stray"] if damage == "foreign" else wrong)}, file)
    assert_same(cache(compute, tmp_path)(*items), expected)
    assert compute.calls == 2 and file.read_bytes() == whole


def test_matches_of_other_keypoints_are_not_taken(tmp_path: Path) -> None:
    """A file under the right name whose indices do not exist."""
    cache, compute = MatchCache(pair_matcher(), tmp_path), pair_matcher()
    cache(features_of(0), features_of(1))
    [file] = tmp_path.iterdir()
    save_file({"indices": np.array([[0, 20]]), "ratios": np.zeros(1, np.float32)}, file)
    matches = MatchCache(compute, tmp_path)(features_of(0), features_of(1))
    assert compute.calls == 1 and matches.indices.max() < 20


def test_every_part_of_features_is_their_content() -> None:
    one = features_of(0)
    others = [
        LocalFeatures(one.keypoints + 1, one.descriptors, one.shapes, one.size),
        LocalFeatures(one.keypoints, -one.descriptors, one.shapes, one.size),
        LocalFeatures(one.keypoints, one.descriptors, one.shapes + 1, one.size),
        LocalFeatures(one.keypoints, one.descriptors, one.shapes, (4, 6)),
        LocalFeatures(one.keypoints, one.descriptors, None, one.size),
    ]
    assert len({features.content for features in (one, *others)}) == 6
    assert features_of(0).content == one.content


def test_no_matches_are_kept_too(tmp_path: Path) -> None:
    nothing = Matches(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))
    compute = Counting("none", lambda *_: nothing)
    for _ in range(2):
        found = MatchCache(compute, tmp_path)(features_of(0), features_of(1))
        assert len(found) == 0 and found.indices.shape == (0, 2)
    assert compute.calls == 1
