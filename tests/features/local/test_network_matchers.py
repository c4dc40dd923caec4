"""LightGlue and LoFTR from files of weights: what kornia itself answers, in pixels of the photos.

The weights are random: they show that inputs and outputs are wired right, not how well the networks match.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from objpose.errors import InputError
from objpose.features.local import LightGlueMatcher, LocalFeatures, LoftrMatcher, SiftExtractor
from objpose.features.local.sift import grey_of
from tests.cameras.photo_sets import draw_corner, look_at_origin
from tests.features.local.random_networks import lightglue_file, loftr_file

SIZE = (400, 300)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return draw_corner(look_at_origin(45, 30, 3.0), *SIZE)


@pytest.fixture(scope="module")
def xfeat_matcher(tmp_path_factory: pytest.TempPathFactory) -> LightGlueMatcher:
    return LightGlueMatcher("xfeat", lightglue_file("xfeat", tmp_path_factory.mktemp("weights")))


def features_of(count: int, seed: int, dimensions: int = 64, turns: int = 1) -> LocalFeatures:
    rng = np.random.default_rng(seed)
    descriptors = rng.normal(size=(turns, count, dimensions)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=-1, keepdims=True)
    keypoints = rng.uniform((0, 0), SIZE, (count, 2)).astype(np.float32)
    return LocalFeatures(keypoints, descriptors, size=SIZE)


def kornia_input(features: LocalFeatures, **more: np.ndarray) -> dict[str, torch.Tensor]:
    parts = {
        "keypoints": features.keypoints,
        "descriptors": features.descriptors[0],
        "image_size": np.float32(features.size),
        **more,
    }
    return {name: torch.from_numpy(part)[None] for name, part in parts.items()}


@torch.inference_mode()
def kornia_matches(network: torch.nn.Module, first: dict, second: dict) -> dict[tuple[int, int], float]:
    found = network({"image0": first, "image1": second})
    return dict(zip(map(tuple, found["matches"][0].tolist()), found["scores"][0].tolist(), strict=True))


def test_lightglue_answers_as_kornia_does(xfeat_matcher: LightGlueMatcher) -> None:
    first = features_of(80, 0)
    second = first.select(np.random.default_rng(1).permutation(80)[:70])
    expected = kornia_matches(xfeat_matcher.network, kornia_input(first), kornia_input(second))
    matches = xfeat_matcher(first, second)
    assert len(expected) > 20
    assert {tuple(pair) for pair in matches.indices.tolist()} == set(expected)
    scores = [expected[tuple(pair)] for pair in matches.indices.tolist()]
    np.testing.assert_allclose(matches.ratios, 1 - np.array(scores), atol=1e-5)
    assert (np.diff(matches.ratios) >= 0).all()


def test_lightglue_of_sift_is_told_scales_and_orientations(picture: np.ndarray, tmp_path: Path) -> None:
    matcher = LightGlueMatcher("sift", lightglue_file("sift", tmp_path))
    first = SiftExtractor(max_keypoints=120, affine=False)(picture)
    second = first.select(np.arange(len(first))[::-1][20:])
    inputs = [
        kornia_input(one, scales=one.shapes[:, 0] * 1024 / 400, oris=one.shapes[:, 1])
        for one in (first, second)
    ]
    expected = kornia_matches(matcher.network, *inputs)
    found = {tuple(pair) for pair in matcher(first, second).indices.tolist()}
    # A place with two orientations is two keypoints there, and one match here.
    assert len(expected) >= len(found) > 20 and found <= set(expected)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_photo_matches_as_the_upright_one(xfeat_matcher: LightGlueMatcher, turn: int) -> None:
    """Its keypoints and its size turn with the descriptors that fit."""
    first, upright = features_of(60, 2), features_of(60, 2)
    lying = (SIZE[1], SIZE[0]) if turn % 2 else SIZE
    columns, rows = upright.keypoints.T
    # Where pixels of the upright photo lie when it is turned back by `turn` quarters.
    moved = {1: (SIZE[1] - 1 - rows, columns), 3: (rows, SIZE[0] - 1 - columns)}
    moved[2] = (SIZE[0] - 1 - columns, SIZE[1] - 1 - rows)
    descriptors = features_of(60, 3, turns=4).descriptors.copy()
    descriptors[turn] = upright.descriptors[0]
    turned = LocalFeatures(np.stack(moved[turn], axis=1), descriptors, size=lying)
    expected, found = xfeat_matcher(first, upright), xfeat_matcher(first, turned)
    assert len(expected) > 20
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_allclose(found.ratios, expected.ratios, atol=1e-4)


def test_keypoints_not_found_again_when_turned_do_not_match(xfeat_matcher: LightGlueMatcher) -> None:
    first = features_of(60, 4)
    descriptors = first.descriptors.copy()
    descriptors[0, ::2] = 0.0
    matches = xfeat_matcher(first, LocalFeatures(first.keypoints, descriptors, size=SIZE))
    assert len(matches) > 5 and (matches.indices[:, 1] % 2 == 1).all()


def test_features_of_another_kind_are_refused(xfeat_matcher: LightGlueMatcher, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="128 numbers a descriptor, expected 64"):
        xfeat_matcher(features_of(10, 0, 128), features_of(10, 1, 128))
    with pytest.raises(InputError, match="photo's size"):
        unsized = LocalFeatures(features_of(10, 0).keypoints, features_of(10, 0).descriptors)
        xfeat_matcher(unsized, unsized)
    matcher = LightGlueMatcher("sift", lightglue_file("sift", tmp_path))
    with pytest.raises(InputError, match="scales"):
        matcher(features_of(10, 0, 128), features_of(10, 1, 128))


def test_no_features_no_matches(xfeat_matcher: LightGlueMatcher) -> None:
    none = features_of(0, 0)
    assert len(xfeat_matcher(none, none)) == 0
    assert len(xfeat_matcher(features_of(9, 0), none)) == 0


def test_loftr_answers_as_kornia_does_in_pixels_of_the_photos(picture: np.ndarray, tmp_path: Path) -> None:
    """Also of photos that are reduced first: pixel centres stay centres."""
    matcher = LoftrMatcher(loftr_file(tmp_path), max_size=128)
    matcher.network.coarse_matching.thr = 0.0  # random weights are sure of nothing
    other = np.asarray(Image.fromarray(picture).resize((128, 104), Image.Resampling.BOX))
    grey = [Image.fromarray(grey_of(photo)) for photo in (picture, other)]
    grey[0] = grey[0].resize((128, 96), Image.Resampling.BOX)
    tensors = [torch.from_numpy(np.asarray(one, np.float32) / 255)[None, None] for one in grey]
    with torch.inference_mode():
        found = matcher.network({"image0": tensors[0], "image1": tensors[1]})
    matches = matcher(picture, other)
    order = np.argsort(-found["confidence"].numpy(), kind="stable")
    assert len(matches) == len(order) > 5
    np.testing.assert_allclose(matches.ratios, 1 - found["confidence"].numpy()[order], atol=1e-6)
    enlarged = found["keypoints0"].numpy()[order] * (400 / 128, 300 / 96) - 0.5
    np.testing.assert_allclose(matches.first, enlarged, atol=1e-3)
    np.testing.assert_allclose(matches.second, found["keypoints1"].numpy()[order] - 0.5, atol=1e-4)


def test_weights_are_told_apart_by_content(tmp_path: Path) -> None:
    one, other = (
        LightGlueMatcher("xfeat", lightglue_file("xfeat", tmp_path / str(seed), seed)).name for seed in (0, 1)
    )
    assert one != other
    assert LightGlueMatcher("xfeat", lightglue_file("xfeat", tmp_path / "again", 0)).name == one
