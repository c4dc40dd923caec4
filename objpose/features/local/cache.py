"""Features and matches kept by the content of what they are computed from and the name of what computes
them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.features.local.features import LocalExtractor, LocalFeatures
from objpose.features.local.matches import Matches, PairMatcher
from objpose.features.local.places import PlaceMatcher, PlaceMatches
from objpose.features.local.stored_arrays import StoredArrays


class FeatureCache:
    """Extracts each photo once: in memory, and in a folder where one is given.

    extractor: what computes the features; folder: where they are kept between runs, or None.
    """

    def __init__(self, extractor: LocalExtractor, folder: str | Path | None = None):
        self.extractor = extractor
        self._stored = StoredArrays(folder)
        self._known: dict[str, LocalFeatures] = {}

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        """Features of an (H, W, 3) uint8 RGB photo."""
        key = content_key(self.extractor.name, image)
        if key not in self._known:
            self._known[key] = self._read_or_extract(key, image)
        return self._known[key]

    def _read_or_extract(self, key: str, image: np.ndarray) -> LocalFeatures:
        size = (image.shape[1], image.shape[0])
        stored = self._stored.read(key)
        if _are_features(stored):
            return LocalFeatures(**stored, size=size)
        features = replace(self.extractor(image), size=size)
        arrays = {"keypoints": features.keypoints, "descriptors": features.descriptors}
        if features.shapes is not None:
            arrays["shapes"] = features.shapes
        self._stored.write(key, arrays)
        return features


class MatchCache:
    """Matches each pair of features once, in a folder where one is given.

    matcher: what computes the matches; folder: where they are kept between runs, or None.
    """

    def __init__(self, matcher: PairMatcher, folder: str | Path | None = None):
        self.matcher = matcher
        self._stored = StoredArrays(folder)

    def __call__(self, first: LocalFeatures, second: LocalFeatures) -> Matches:
        """Matches of the features of two photos."""
        if self._stored.folder is None:
            return self.matcher(first, second)
        key = hashlib.sha256(f"{self.matcher.name} {first.content} {second.content}".encode()).hexdigest()
        stored = self._stored.read(key)
        if _are_matches(stored, len(first), len(second)):
            return Matches(**stored)
        matches = self.matcher(first, second)
        self._stored.write(key, {"indices": matches.indices, "ratios": matches.ratios})
        return matches


class PlaceCache:
    """Matches each pair of photos once, in a folder where one is given.

    matcher: what computes the matches; folder: where they are kept between runs, or None.
    """

    def __init__(self, matcher: PlaceMatcher, folder: str | Path | None = None):
        self.matcher = matcher
        self._stored = StoredArrays(folder)

    def __call__(self, first: np.ndarray, second: np.ndarray) -> PlaceMatches:
        """Matches of two (H, W, 3) uint8 RGB photos."""
        if self._stored.folder is None:
            return self.matcher(first, second)
        key = content_key(self.matcher.name, first, second)
        stored = self._stored.read(key)
        if _are_places(stored):
            return PlaceMatches(stored["first"], stored["second"], stored["ratios"])
        matches = self.matcher(first, second)
        found = {"first": matches.first, "second": matches.second, "ratios": matches.ratios}
        self._stored.write(key, found)
        return matches


def content_key(name: str, *images: np.ndarray) -> str:
    """A digest of images and of the name of what is computed from them."""
    content = hashlib.sha256(f"{name} {[image.shape for image in images]}".encode())
    for image in images:
        content.update(np.ascontiguousarray(image).data)
    return content.hexdigest()


def _are_features(stored: dict[str, np.ndarray]) -> bool:
    ndims = {name: array.ndim for name, array in stored.items()}
    if {"shapes": 2, **ndims} != {"keypoints": 2, "descriptors": 3, "shapes": 2}:
        return False
    count = len(stored["keypoints"])
    pairs = [stored[name].shape for name in ("keypoints", "shapes") if name in stored]
    return all(shape == (count, 2) for shape in pairs) and stored["descriptors"].shape[1] == count


def _are_matches(stored: dict[str, np.ndarray], first: int, second: int) -> bool:
    if {name: array.ndim for name, array in stored.items()} != {"indices": 2, "ratios": 1}:
        return False
    indices = stored["indices"]
    if indices.shape != (len(stored["ratios"]), 2) or indices.dtype != np.int64:
        return False
    return bool((indices >= 0).all() and (indices < (first, second)).all())


def _are_places(stored: dict[str, np.ndarray]) -> bool:
    if {name: array.ndim for name, array in stored.items()} != {"first": 2, "second": 2, "ratios": 1}:
        return False
    return all(stored[side].shape == (len(stored["ratios"]), 2) for side in ("first", "second"))
