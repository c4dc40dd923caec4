"""Tilted views: their pixels lie where they say, and what they find is found from aside."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree

from objpose.features.local import (
    FeatureMatcher,
    LocalFeatures,
    NearestApart,
    SiftExtractor,
    TiltedSiftExtractor,
    match_features,
)
from objpose.features.local.tilted_views import tilted_views
from tests.cameras.photo_sets import draw_corner, look_at_origin

TILTED = TiltedSiftExtractor(SiftExtractor(max_keypoints=300), SiftExtractor(max_keypoints=150, affine=False))


def features_of(count: int, seed: int) -> LocalFeatures:
    rng = np.random.default_rng(seed)
    descriptors = rng.normal(size=(1, count, 16)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=-1, keepdims=True)
    return LocalFeatures(rng.uniform(0, 400, (count, 2)).astype(np.float32), descriptors, size=(400, 400))


@pytest.mark.parametrize("squeeze", [1.5, 2.0, 3.0])
def test_pixels_of_a_view_lie_where_it_says(squeeze: float) -> None:
    """Colours that are the place itself, a quarter pixel a level, which no filter changes."""
    rows, columns = np.mgrid[:48, :60]
    photo = np.stack([4 * columns, 4 * rows, np.full_like(rows, 200)], axis=-1).astype(np.uint8)
    for view in tilted_views(photo, squeeze):
        v, u = np.nonzero(view.image[..., 2] == 200)
        places = view.in_photo(np.stack([u, v], axis=1))
        inside = ((places > 6) & (places < (53, 41))).all(axis=1)
        assert inside.sum() > 0.8 * 47 * 35 / squeeze
        error = places[inside] - view.image[v[inside], u[inside], :2] / 4.0
        assert np.abs(error).max() < 0.4


def test_views_are_squeezed_along_directions_all_around() -> None:
    views = tilted_views(np.zeros((60, 80, 3), np.uint8), 2.0)
    assert len(views) == 5
    directions = []
    for view in views:
        along, strengths, _ = np.linalg.svd(view.photo_from_view[:, :2])
        np.testing.assert_allclose(strengths, [2.0, 1.0], rtol=0.02)
        directions.append(np.degrees(np.arctan2(along[1, 0], along[0, 0])) % 180)
    np.testing.assert_allclose(np.sort(directions), [0, 36, 72, 108, 144], atol=0.5)


@pytest.mark.parametrize("size", [(60, 80), (480, 640)])
def test_what_shows_nothing_has_no_features_in_any_view(size: tuple[int, int]) -> None:
    """The borders of views would be found at the same places of all photos, and hold them together."""
    assert len(TILTED(np.full((*size, 3), 99, np.uint8))) == 0
    across = np.linspace(60, 200, size[1]).round()[None, :, None].repeat(3, axis=2)
    assert len(TILTED(np.broadcast_to(across, (*size, 3)).astype(np.uint8))) == 0


def test_without_a_distance_it_is_the_mutual_nearest_neighbours() -> None:
    first, second = features_of(60, 0), features_of(70, 1)
    expected, found = match_features(first, second), NearestApart(apart=0.0)(first, second)
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_allclose(found.ratios, expected.ratios, atol=1e-4)


def test_a_place_found_many_times_is_no_rival_of_itself() -> None:
    rng = np.random.default_rng(2)
    first = features_of(50, 3)
    copies = [
        first.descriptors + 0.02 * rng.normal(size=first.descriptors.shape).astype(np.float32)
        for _ in range(3)
    ]
    described = np.concatenate(copies, axis=1)
    described /= np.linalg.norm(described, axis=-1, keepdims=True)
    second = LocalFeatures(
        np.concatenate([first.keypoints + 0.3 * k for k in range(3)]), described, None, (400, 400)
    )
    apart, plain = NearestApart()(first, second), match_features(first, second)
    assert np.median(plain.ratios) > 0.7 and np.median(apart.ratios) < 0.3
    np.testing.assert_array_equal(apart.indices[:, 1] % 50, apart.indices[:, 0])


def test_two_places_make_one_match_however_often_they_are_found() -> None:
    rng = np.random.default_rng(4)
    first = features_of(40, 5)
    noise = 0.1 * rng.normal(size=(2, 40, 16)).astype(np.float32)
    described = (first.descriptors + noise).reshape(1, 80, 16)
    described /= np.linalg.norm(described, axis=-1, keepdims=True)
    keypoints = np.concatenate([first.keypoints, first.keypoints + (1.6, 0)])
    often = LocalFeatures(keypoints, described, None, (400, 400))
    matches = NearestApart()(often, often)
    assert len(match_features(often, often)) > len(matches) == 40
    assert len(np.unique(matches.indices[:, 0] % 40)) == 40 and (np.diff(matches.ratios) >= 0).all()


def test_few_features_do_not_match() -> None:
    assert len(NearestApart()(features_of(3, 0), features_of(3, 0))) == 0


def right_matches(matcher: FeatureMatcher, photos: list[np.ndarray], factor: float) -> int:
    """Clear matches of a photo and itself, squeezed along its rows, that are right."""
    found = matcher(photos, [None, None])
    clear = found.matches[0, 1].select(found.matches[0, 1].ratios < 0.8).indices
    first, second = (one.keypoints[clear[:, side]] for side, one in enumerate(found.features))
    expected = (first + 0.5) / (factor, 1.0) - 0.5
    return int((np.linalg.norm(second - expected, axis=1) < 1.5).sum())


def test_a_surface_from_aside_is_found_again() -> None:
    picture = draw_corner(look_at_origin(45, 30, 3.0), 240, 180)
    squeezed = np.asarray(Image.fromarray(picture).resize((60, 180), Image.Resampling.HAMMING))
    plain = right_matches(FeatureMatcher(SiftExtractor(max_keypoints=300)), [picture, squeezed], 4.0)
    tilted = right_matches(FeatureMatcher(TILTED, NearestApart(), merge=True), [picture, squeezed], 4.0)
    assert tilted > 2 * plain and tilted > 30


def test_keypoints_lie_in_the_photo_and_merge_where_they_match() -> None:
    pictures = [draw_corner(look_at_origin(azimuth, 30, 3.0), 200, 150) for azimuth in (45, 55)]
    found = TILTED(pictures[0])
    assert (found.keypoints > -0.5).all() and (found.keypoints < (199.5, 149.5)).all()
    assert found.descriptors.shape[:2] == (1, len(found)) and found.size == (200, 150)
    merged = FeatureMatcher(TILTED, NearestApart(), merge=True)(pictures, [None, None])
    assert len(merged.matches[0, 1]) <= len(merged.features[0]) < len(found)
    places = merged.features[0].keypoints
    assert cKDTree(places).query(places, 2)[0][:, 1].min() > 200 * 2 / 640
