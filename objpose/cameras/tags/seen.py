"""Which photo shows which tags, their corners as keypoints among the others, matched by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from objpose.features.local import LocalFeatures, MatchedPhotos, Matches
from objpose.features.local.places import Pair


@dataclass(frozen=True, eq=False)
class SeenTags:
    """keypoints: of each photo by id the keypoints (4,) of the tag's corners."""

    keypoints: Mapping[int, Mapping[int, np.ndarray]] = field(default_factory=dict)

    def of(self, photo: int) -> Mapping[int, np.ndarray]:
        return self.keypoints.get(photo, {})

    def shared(self, a: int, b: int) -> list[int]:
        """Ids that both photos show."""
        return sorted(self.of(a).keys() & self.of(b).keys())

    def showing(self, number: int) -> list[int]:
        """Photos that show a tag."""
        return [photo for photo, tags in self.keypoints.items() if number in tags]

    @property
    def numbers(self) -> list[int]:
        """All ids."""
        return sorted({number for tags in self.keypoints.values() for number in tags})

    @property
    def pairs(self) -> list[Pair]:
        """Pairs of photos with a tag in common."""
        return [pair for pair in combinations(sorted(self.keypoints), 2) if self.shared(*pair)]

    def corners(self, photo: int) -> np.ndarray:
        """All keypoints of a photo that are corners of tags."""
        return np.concatenate([np.zeros(0, np.int64), *self.of(photo).values()])


def with_tags(
    matched: MatchedPhotos, found: Sequence[Mapping[int, np.ndarray]]
) -> tuple[MatchedPhotos, SeenTags]:
    """The matched photos with the corners (4, 2) of tags as further keypoints, and which those are.

    Their matches are the least ambiguous there can be, and their descriptors are alike where the corner is
    the same: a photo that stands right is expected to show them, too.
    """
    keypoints = {}
    features = list(matched.features)
    for photo, tags in enumerate(found):
        first = len(features[photo])
        keypoints[photo] = {number: first + 4 * row + np.arange(4) for row, number in enumerate(tags)}
        if tags:
            features[photo] = _appended(features[photo], tags)
    seen = SeenTags({photo: tags for photo, tags in keypoints.items() if tags})
    matches = dict(matched.matches)
    for pair in seen.pairs:
        matches[pair] = _prepended(matches.get(pair), seen, pair)
    return replace(matched, features=features, matches=matches), seen


def _appended(features: LocalFeatures, tags: Mapping[int, np.ndarray]) -> LocalFeatures:
    places = np.concatenate([features.keypoints, *tags.values()]).astype(np.float32)
    turns, _, size = features.descriptors.shape
    marks = np.concatenate([_descriptors(number, size) for number in tags])
    described = np.concatenate([features.descriptors, np.repeat(marks[None], turns, axis=0)], axis=1)
    shapes = features.shapes
    if shapes is not None:
        shapes = np.concatenate([shapes, np.ones((len(places) - len(shapes), 2), shapes.dtype)])
    return LocalFeatures(places, described.astype(np.float32), shapes, features.size)


def _descriptors(number: int, size: int) -> np.ndarray:
    """(4, size) of the corners of a tag, of unit length, unlike those of anything else."""
    drawn = np.random.default_rng(number).normal(size=(4, size))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True).clip(min=1e-12)


def _prepended(matches: Matches | None, seen: SeenTags, pair: Pair) -> Matches:
    a, b = (seen.of(photo) for photo in pair)
    ids = seen.shared(*pair)
    sure = np.concatenate([np.stack([a[number], b[number]], axis=1) for number in ids])
    if matches is None:
        return Matches(sure, np.zeros(len(sure), np.float32))
    ratios = np.concatenate([np.zeros(len(sure), matches.ratios.dtype), matches.ratios])
    return Matches(np.concatenate([sure, matches.indices]), ratios)
