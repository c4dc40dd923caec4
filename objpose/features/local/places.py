"""Matches of places that no detector chose, and how they become keypoints that several pairs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.spatial import cKDTree

from objpose.features.local.features import LocalFeatures
from objpose.features.local.matches import Matches, join, one_per_place

# Places of one photo closer than this share of its longer side are one keypoint: a pixel in 640, the size
# that they are looked for in.
SAME_KEYPOINT = 1.0 / 640.0
# Keypoints of one photo closer than this are one place: tilted views find it again to a pixel or two.
ONE_PLACE = 2.0 / 640.0

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class PlaceMatches:
    """Places of two photos that show the same.

    first, second: (M, 2) float32 column and row, pixels of each photo, pixel centres at integers; ratios:
    (M,) float32 in [0, 1], how ambiguous a match is, as in Matches; trust: share of its evidence that each
    counts with.
    """

    first: np.ndarray
    second: np.ndarray
    ratios: np.ndarray
    trust: float = 1.0

    def __len__(self) -> int:
        return len(self.ratios)

    def select(self, index: np.ndarray) -> PlaceMatches:
        """The matches at an index or boolean mask (M,)."""
        return PlaceMatches(self.first[index], self.second[index], self.ratios[index], self.trust)


class PlaceMatcher(Protocol):
    """Matches two photos without keypoints of their own."""

    name: str  # method, settings and weights: cached matches are bound to it

    def __call__(self, first: np.ndarray, second: np.ndarray) -> PlaceMatches:
        """Matches of two (H, W, 3) uint8 RGB photos."""
        ...


def share_keypoints(
    sizes: list[tuple[int, int]], pairs: Mapping[Pair, PlaceMatches]
) -> tuple[list[LocalFeatures], dict[Pair, Matches]]:
    """Features of photos of these sizes, without descriptors, and the pairs' matches as indices of them.

    The places that all pairs found in a photo are merged where they are within SAME_KEYPOINT of a clearer
    one, so that a point matched from several photos has one keypoint in each.
    """
    numbers: dict[Pair, list[np.ndarray]] = {pair: [] for pair in pairs}
    features = []
    for photo, size in enumerate(sizes):
        own = [(pair, side) for pair in pairs for side in (0, 1) if pair[side] == photo]
        places = [(pairs[pair].first, pairs[pair].second)[side] for pair, side in own]
        ratios = np.concatenate([pairs[pair].ratios for pair, _ in own] or [np.zeros(0)])
        together = np.concatenate(places or [np.zeros((0, 2))])
        clearest, number = group_places(together, ratios, SAME_KEYPOINT * max(size))
        features.append(_bare(together[clearest].astype(np.float32), size))
        borders = np.cumsum([len(one) for one in places])[:-1]
        for (pair, _), part in zip(own, np.split(number, borders), strict=True):
            numbers[pair].append(part)  # a pair's first photo has the lower number and comes first
    matches = {
        (a, b): _indexed(Matches(np.stack(ends, axis=1), pairs[a, b].ratios), features[a], features[b])
        for (a, b), ends in numbers.items()
    }
    return features, matches


def merge_keypoints(
    features: list[LocalFeatures], matches: Mapping[Pair, Matches]
) -> tuple[list[LocalFeatures], dict[Pair, Matches]]:
    """Features without descriptors, one for all that lie at one place, where its first one does; and the
    matches as indices of them.

    So a place has one keypoint for all pairs, whichever of its descriptions each of them matched.
    """
    merged, groups = [], []
    for one in features:
        first, group = group_places(one.keypoints, np.arange(len(one)), ONE_PLACE * one.span)
        merged.append(_bare(one.keypoints[first], one.size))
        groups.append(group)
    numbered = {
        (a, b): _indexed(
            replace(
                found,
                indices=np.stack([groups[a][found.indices[:, 0]], groups[b][found.indices[:, 1]]], axis=1),
            ),
            merged[a],
            merged[b],
        )
        for (a, b), found in matches.items()
    }
    return merged, numbered


def add_places(
    features: Sequence[LocalFeatures], matches: Mapping[Pair, Matches], more: Mapping[Pair, PlaceMatches]
) -> tuple[list[LocalFeatures], dict[Pair, Matches]]:
    """Features with further places as keypoints, which come last and have no descriptors, and the matches
    with those of the places.

    A place within ONE_PLACE of a keypoint is that keypoint: what was found both ways is one match.
    """
    whole = list(features)
    numbers: dict[Pair, list[np.ndarray]] = {pair: [] for pair in more}
    for photo, one in enumerate(features):
        own = [(pair, side) for pair in more for side in (0, 1) if pair[side] == photo]
        if not own:
            continue
        places = [(more[pair].first, more[pair].second)[side] for pair, side in own]
        ratios = np.concatenate([more[pair].ratios for pair, _ in own])
        whole[photo], number = _with_places(one, np.concatenate(places), ratios)
        borders = np.cumsum([len(one) for one in places])[:-1]
        for (pair, _), part in zip(own, np.split(number, borders), strict=True):
            numbers[pair].append(part)  # a pair's first photo has the lower number and comes first
    joined = dict(matches)
    for (a, b), ends in numbers.items():
        new = Matches(np.stack(ends, axis=1), more[a, b].ratios, np.full(len(more[a, b]), more[a, b].trust))
        together = join(matches[a, b], new) if (a, b) in matches else new
        joined[a, b] = _indexed(together, whole[a], whole[b])
    return whole, joined


def _with_places(
    features: LocalFeatures, places: np.ndarray, ratios: np.ndarray
) -> tuple[LocalFeatures, np.ndarray]:
    """Features with places (P, 2) of these ratios, and (P,) the keypoint that each of them is."""
    radius, count = ONE_PLACE * features.span, len(features)
    off, number = (
        cKDTree(features.keypoints).query(places)
        if count
        else (np.full(len(places), np.inf), np.zeros(len(places), dtype=np.int64))
    )
    new = off > radius
    clearest, group = group_places(places[new], ratios[new], radius)
    number[new] = count + group
    keypoints = np.concatenate([features.keypoints, places[new][clearest]]).astype(np.float32)
    turns, _, size = features.descriptors.shape
    blank = np.zeros((turns, len(clearest), size), np.float32)
    described = np.concatenate([features.descriptors, blank], axis=1)
    shapes = features.shapes
    if shapes is not None:
        shapes = np.concatenate([shapes, np.ones((len(clearest), 2), shapes.dtype)])
    return LocalFeatures(keypoints, described, shapes, features.size), number


def _bare(keypoints: np.ndarray, size: tuple[int, int] | None) -> LocalFeatures:
    return LocalFeatures(keypoints, np.zeros((1, len(keypoints), 0), np.float32), size=size)


def group_places(places: np.ndarray, ratios: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Places (P, D) in groups within a radius of their clearest.

    Returns (K,) the clearest place of each group, the clearest group first, and (P,) the group of each place.

    The clearest place takes all that are near it, then the clearest that is left, and so on.
    """
    group = np.full(len(places), -1)
    clearest: list[int] = []
    near = cKDTree(places).query_ball_point(places, radius) if len(places) else []
    for place in np.argsort(ratios, kind="stable").tolist():
        if group[place] < 0:
            taken = [other for other in near[place] if group[other] < 0]
            group[taken] = len(clearest)
            clearest.append(place)
    return np.array(clearest, dtype=np.int64), group


def _indexed(matches: Matches, first: LocalFeatures, second: LocalFeatures) -> Matches:
    """Each keypoint in its clearest match only, the most trusted ones before all others."""
    trusts = np.zeros(len(matches)) if matches.trusts is None else -matches.trusts
    order = np.lexsort((matches.ratios, trusts))
    for side in (0, 1):
        _, kept = np.unique(matches.indices[order, side], return_index=True)
        order = order[np.sort(kept)]
    found = one_per_place(matches.select(order), first, second)
    return found.select(np.argsort(found.ratios, kind="stable"))
