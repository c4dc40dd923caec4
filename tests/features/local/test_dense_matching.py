"""Dense matching: a moved photo is found where it went, in pixels of the photos, and described once."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from objpose.features import FeatureMap, PatchDescriptor
from objpose.features.local import DenseMatcher
from tests.cameras.photo_sets import draw_corner, look_at_origin


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return draw_corner(look_at_origin(45, 30, 3.0), 240, 160)


@pytest.mark.parametrize("shift", [(0, 0), (8, 16), (14, 6)])
def test_a_moved_photo_is_found_where_it_went(picture: np.ndarray, shift: tuple[int, int]) -> None:
    """Also by less than a cell."""
    moved = np.roll(picture, (shift[1], shift[0]), axis=(0, 1))
    matches = DenseMatcher()(picture, moved)
    inner = ((matches.first > 24) & (matches.first < (200, 120))).all(axis=1)
    error = np.linalg.norm(matches.second - matches.first - shift, axis=1)[inner]
    assert inner.sum() > 100
    assert np.median(error) < 1.1 and (error < 2.5).mean() > 0.9
    assert (np.diff(matches.ratios) >= 0).all() and matches.ratios.max() <= 1.0


def test_places_are_in_pixels_of_photos_of_any_size(picture: np.ndarray) -> None:
    """A photo twice the size, reduced first: centres stay centres."""
    large = np.kron(picture, np.ones((2, 2, 1), np.uint8))
    matches = DenseMatcher(max_size=240)(picture, large)
    expected = (matches.first + 0.5) * 2 - 0.5
    assert len(matches) > 300
    assert np.median(np.abs(matches.second - expected)) < 1e-3


def test_every_photo_is_described_once(picture: np.ndarray) -> None:
    class Counting:
        name, stride, dim, images = "counting", 8, PatchDescriptor().dim, 0

        def __call__(self, images: Tensor) -> FeatureMap:
            self.images += len(images)
            return PatchDescriptor()(images)

    coarse = Counting()
    matcher = DenseMatcher(coarse=coarse)
    turned = np.asarray(Image.fromarray(picture).rotate(5))
    for pair in ((picture, turned), (turned, picture), (picture, picture)):
        matcher(*pair)
    assert coarse.images == 2


def test_photos_without_texture_have_no_clear_match() -> None:
    plain = np.full((120, 160, 3), 128, np.uint8)
    assert (DenseMatcher()(plain, plain).ratios > 0.95).all()
