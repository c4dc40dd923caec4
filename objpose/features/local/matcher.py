"""From photos to keypoints and their matches: one protocol for all ways there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Protocol

import numpy as np

from objpose.features.local.cache import FeatureCache, MatchCache, PlaceCache
from objpose.features.local.features import LocalExtractor, LocalFeatures, under_mask
from objpose.features.local.matches import Matches, MutualNearest, PairMatcher
from objpose.features.local.places import Pair, PlaceMatcher, PlaceMatches, merge_keypoints, share_keypoints
from objpose.features.local.trained import weights_of
from objpose.work import share

# Learned and dense descriptors find sides of a thing that look alike as readily as one side from elsewhere:
# their wrong links have up to twice the nats of SIFT's, which are calibrated.
LEARNED_TRUST = 0.5


class Witness(Protocol):
    """Gives more matches of some pairs."""

    @property
    def trust(self) -> float:
        """Share of its evidence that a match counts with."""
        ...

    @property
    def weights(self) -> tuple[str, ...]:
        """Of its networks, each with its source and licence."""
        ...

    def __call__(self, pairs: Sequence[Pair]) -> dict[Pair, PlaceMatches]: ...


@dataclass(frozen=True, eq=False)
class MatchedPhotos:
    """features: of each photo; matches: of each pair (a, b) with a < b, as indices of them; seconds: of each
    stage; trust: share of their evidence that a confidence counts; weights: of all networks that took part,
    each with its source and licence; witnesses: who else can be asked about the pairs that these matches
    leave open, one after the other.
    """

    features: list[LocalFeatures]
    matches: dict[Pair, Matches]
    seconds: dict[str, float]
    trust: float = 1.0
    weights: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


class LocalMatcher(Protocol):
    """Finds what several photos show in common."""

    name: str

    def __call__(
        self,
        photos: Sequence[np.ndarray],
        masks: Sequence[np.ndarray | None],
        cache: str | Path | None = None,
    ) -> MatchedPhotos:
        """Keypoints of (H, W, 3) uint8 RGB photos and the matches of all pairs.

        masks: (H, W) bool where keypoints may lie, or None for all, for each photo. cache: folder that keeps
        features and matches between runs; no answer depends on it.
        """
        ...


class FeatureMatcher:
    """Keypoints described in each photo, and the descriptions matched.

    merge: make one keypoint of those that lie at one place, for extractors that find a place many times;
    trust: as in MatchedPhotos; others: make those that are asked about the pairs that this one leaves open.
    """

    def __init__(
        self,
        extractor: LocalExtractor,
        pair_matcher: PairMatcher | None = None,
        merge: bool = False,
        trust: float = 1.0,
        others: Sequence[Callable[[], FeatureMatcher]] = (),
    ):
        self.extractor, self.pair_matcher, self.merge = extractor, pair_matcher or MutualNearest(), merge
        self.trust, self.others = trust, tuple(others)
        self.name = f"{self.extractor.name}+{self.pair_matcher.name}{'+merged' if merge else ''}"

    def __call__(
        self,
        photos: Sequence[np.ndarray],
        masks: Sequence[np.ndarray | None],
        cache: str | Path | None = None,
    ) -> MatchedPhotos:
        start = time.perf_counter()
        features = share(FeatureCache(self.extractor, cache), photos)
        features = [_under(one, mask) for one, mask in zip(features, masks, strict=True)]
        extracted = time.perf_counter()
        matches = match_pairs(features, self.pair_matcher, cache)
        if self.merge:
            features, matches = merge_keypoints(features, matches)
        seconds = {"features": extracted - start, "matching": time.perf_counter() - extracted}
        used = weights_of(self.extractor, self.pair_matcher)
        witnesses = tuple(_OtherMatcher(make, photos, masks, cache) for make in self.others)
        return MatchedPhotos(features, matches, seconds, self.trust, used, witnesses)

    def places(
        self,
        photos: Sequence[np.ndarray],
        masks: Sequence[np.ndarray | None],
        pairs: Sequence[Pair],
        cache: str | Path | None = None,
    ) -> dict[Pair, PlaceMatches]:
        """What matches in some pairs of the photos, which alone are looked at."""
        extract, match = FeatureCache(self.extractor, cache), MatchCache(self.pair_matcher, cache)
        asked = sorted({index for pair in pairs for index in pair})
        found = share(lambda index: _under(extract(photos[index]), masks[index]), asked)
        features = dict(zip(asked, found, strict=True))

        def matched(pair: Pair) -> PlaceMatches:
            first, second = features[pair[0]], features[pair[1]]
            matches = match(first, second)
            rows, columns = matches.indices.T
            ends = first.keypoints[rows], second.keypoints[columns]
            return PlaceMatches(*ends, matches.ratios, self.trust)

        return dict(zip(pairs, share(matched, pairs), strict=True))


class _OtherMatcher:
    """A matcher of the same photos, made when it is asked first: networks take a while to load."""

    def __init__(
        self,
        make: Callable[[], FeatureMatcher],
        photos: Sequence[np.ndarray],
        masks: Sequence[np.ndarray | None],
        cache: str | Path | None,
    ):
        self._make, self._given, self._cache = make, (photos, masks), cache

    @cached_property
    def _matcher(self) -> FeatureMatcher:
        return self._make()

    @property
    def trust(self) -> float:
        return self._matcher.trust

    @property
    def weights(self) -> tuple[str, ...]:
        return weights_of(self._matcher.extractor, self._matcher.pair_matcher)

    def __call__(self, pairs: Sequence[Pair]) -> dict[Pair, PlaceMatches]:
        return self._matcher.places(*self._given, pairs, self._cache)


class PhotoMatcher:
    """Photos matched pair by pair, and the places found in all pairs merged to keypoints."""

    def __init__(self, place_matcher: PlaceMatcher):
        self.place_matcher = place_matcher
        self.name = place_matcher.name

    def __call__(
        self,
        photos: Sequence[np.ndarray],
        masks: Sequence[np.ndarray | None],
        cache: str | Path | None = None,
    ) -> MatchedPhotos:
        start = time.perf_counter()
        matched = PlaceCache(self.place_matcher, cache)

        def found(pair: Pair) -> PlaceMatches:
            a, b = pair
            return _under_masks(matched(photos[a], photos[b]), masks[a], masks[b])

        pairs = list(combinations(range(len(photos)), 2))
        places = dict(zip(pairs, share(found, pairs), strict=True))
        sizes = [(photo.shape[1], photo.shape[0]) for photo in photos]
        features, matches = share_keypoints(sizes, places)
        seconds = {"features": 0.0, "matching": time.perf_counter() - start}
        return MatchedPhotos(features, matches, seconds, LEARNED_TRUST, weights_of(self.place_matcher))


def match_pairs(
    features: Sequence[LocalFeatures],
    pair_matcher: PairMatcher | None = None,
    cache: str | Path | None = None,
) -> dict[Pair, Matches]:
    """Matches of all pairs (a, b) with a < b, by mutual nearest neighbours where no other way is given."""
    matched = MatchCache(pair_matcher or MutualNearest(), cache)
    pairs = list(combinations(range(len(features)), 2))
    found = share(lambda pair: matched(features[pair[0]], features[pair[1]]), pairs)
    return dict(zip(pairs, found, strict=True))


def _under(features: LocalFeatures, mask: np.ndarray | None) -> LocalFeatures:
    return features if mask is None else features.select(under_mask(features.keypoints, mask))


def _under_masks(places: PlaceMatches, first: np.ndarray | None, second: np.ndarray | None) -> PlaceMatches:
    for mask, side in ((first, "first"), (second, "second")):
        if mask is not None:
            places = places.select(under_mask(getattr(places, side), mask))
    return places
