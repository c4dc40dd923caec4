"""Several kinds of features at once: what one does not find again from aside, another may."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from objpose.features.local.features import LocalFeatures
from objpose.features.local.matcher import LocalMatcher, MatchedPhotos
from objpose.features.local.matches import Matches
from objpose.features.local.places import merge_keypoints


class JointMatcher:
    """The matches of several matchers; of those that join the same two places, the clearest one.

    A corner that two kinds of features find is one keypoint and one match: no more evidence than found once.
    """

    def __init__(self, matchers: Sequence[LocalMatcher]):
        self.matchers = tuple(matchers)
        self.name = ",".join(one.name for one in self.matchers)

    def __call__(
        self,
        photos: Sequence[np.ndarray],
        masks: Sequence[np.ndarray | None],
        cache: str | Path | None = None,
    ) -> MatchedPhotos:
        parts = [matcher(photos, masks, cache) for matcher in self.matchers]
        features, matches = merge_keypoints(*_together(parts))
        stages = parts[0].seconds
        seconds = {stage: sum(one.seconds[stage] for one in parts) for stage in stages}
        trust, used = min(one.trust for one in parts), tuple(name for one in parts for name in one.weights)
        return MatchedPhotos(features, matches, seconds, trust, used)


def _together(parts: list[MatchedPhotos]) -> tuple[list[LocalFeatures], dict[tuple[int, int], Matches]]:
    """Keypoints of all parts one after another, without descriptors, and the matches as indices of them."""
    of_photo = list(zip(*(part.features for part in parts), strict=True))
    firsts = np.array([np.cumsum([0, *map(len, found[:-1])]) for found in of_photo])
    features = [_keypoints(found) for found in of_photo]
    matches = {
        (a, b): Matches(
            np.concatenate([part.matches[a, b].indices + firsts[[a, b], i] for i, part in enumerate(parts)]),
            np.concatenate([part.matches[a, b].ratios for part in parts]),
        )
        for a, b in parts[0].matches
    }
    return features, matches


def _keypoints(found: Sequence[LocalFeatures]) -> LocalFeatures:
    keypoints = np.concatenate([one.keypoints for one in found])
    return LocalFeatures(keypoints, np.zeros((1, len(keypoints), 0), np.float32), size=found[0].size)
