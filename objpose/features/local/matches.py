"""Matches of descriptors between two photos, and the matcher that needs nothing else: mutual nearest
neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from objpose.features.local.features import LocalFeatures

# Keypoints closer than this are one place seen twice (other scale or orientation), not two witnesses.
SAME_PLACE_PX = 1.5
MIN_DISTANCE = 1e-6  # keeps the ratio of two perfect matches defined
GOOD_RATIO = 0.9  # what counts when the turn between two photos is chosen


@dataclass(frozen=True, eq=False)
class Matches:
    """Putative matches of two photos, the least ambiguous first.

    indices: (M, 2) keypoint of the first and of the second photo; a keypoint occurs once at most.
    ratios: (M,) in [0, 1], how ambiguous a match is. Of mutual nearest neighbours it is the distance to the
        match over the distance to the next best, the larger of both ways; of a matcher that gives scores, one
        less the score.
    trusts: (M,) share of its evidence that a match counts with; None where all count whole.
    """

    indices: np.ndarray
    ratios: np.ndarray
    trusts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.indices)

    def select(self, index: np.ndarray) -> Matches:
        """The matches at an index or boolean mask (M,)."""
        trusts = None if self.trusts is None else self.trusts[index]
        return Matches(self.indices[index], self.ratios[index], trusts)

    def swapped(self) -> Matches:
        """The same, seen from the second photo."""
        return Matches(self.indices[:, ::-1], self.ratios, self.trusts)


def join(first: Matches, second: Matches) -> Matches:
    """The matches of both, those of the first before the others."""
    trusts = [np.ones(len(one)) if one.trusts is None else one.trusts for one in (first, second)]
    indices = np.concatenate([first.indices, second.indices])
    ratios = np.concatenate([first.ratios, second.ratios])
    return Matches(indices, ratios, np.concatenate(trusts))


class PairMatcher(Protocol):
    """Matches the features of two photos."""

    @property
    def name(self) -> str:
        """Method, settings and weights: cached matches are bound to it."""
        ...

    def __call__(self, first: LocalFeatures, second: LocalFeatures) -> Matches:
        """Matches, the least ambiguous first."""
        ...


class MutualNearest:
    """All mutual nearest neighbours of two photos, as match_features finds them."""

    name = "mutual"

    def __call__(self, first: LocalFeatures, second: LocalFeatures) -> Matches:
        return match_features(first, second)


def match_features(first: LocalFeatures, second: LocalFeatures) -> Matches:
    """All mutual nearest neighbours of two photos.

    Where descriptors depend on the turn of the photo, the quarter turn of the second photo with the most
    unambiguous matches is taken.
    """
    _, matches = best_turn(first, second)
    return one_per_place(matches, first, second)


def best_turn(first: LocalFeatures, second: LocalFeatures) -> tuple[int, Matches]:
    """The quarter turns of the second photo with the most unambiguous mutual nearest neighbours, and all
    these.
    """
    upright = first.descriptors[0]
    found = [_mutual(upright @ turned.T) for turned in second.descriptors]
    clear = [int((matches.ratios < GOOD_RATIO).sum()) for matches in found]
    turn = int(np.argmax(clear))
    return turn, found[turn]


def _mutual(similarity: np.ndarray) -> Matches:
    if min(similarity.shape) < 2:
        return Matches(np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.float32))
    forward, forward_ratio = _nearest(similarity)
    backward, backward_ratio = _nearest(similarity.T)
    rows = np.flatnonzero(backward[forward] == np.arange(len(forward)))
    columns = forward[rows]
    ratios = np.maximum(forward_ratio[rows], backward_ratio[columns])
    order = np.argsort(ratios, kind="stable")
    return Matches(np.stack([rows, columns], axis=1)[order], ratios[order])


def _nearest(similarity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) nearest neighbour of each row, and the ratio of its distance to the second's.

    The similarities are changed for a moment only: to look for the second without the first.
    """
    rows = np.arange(len(similarity))
    best = similarity.argmax(axis=1)
    first = similarity[rows, best]
    similarity[rows, best] = -np.inf
    second = similarity.max(axis=1)
    similarity[rows, best] = first
    first, second = (
        np.sqrt((2 - 2 * one.clip(max=1.0)).clip(min=MIN_DISTANCE**2)) for one in (first, second)
    )
    return best, first / second


def one_per_place(matches: Matches, first: LocalFeatures, second: LocalFeatures) -> Matches:
    """Only the best of the matches that join the same two places."""
    places = np.concatenate(
        [first.keypoints[matches.indices[:, 0]], second.keypoints[matches.indices[:, 1]]], axis=1
    )
    cells = np.round(places / SAME_PLACE_PX).astype(np.int64)
    _, kept = np.unique(cells, axis=0, return_index=True)
    return matches.select(np.sort(kept))
