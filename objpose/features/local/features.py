"""What every local extractor returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """Keypoints of one photo with their descriptors.

    keypoints: (N, 2) float32 column and row, pixels of the photo, pixel centres at integers.
    descriptors: (R, N, D) float32 of unit length. R is 1 for descriptors that a turn of the photo does not
        change; else descriptor r was taken from the photo turned by r quarter turns.
    """

    keypoints: np.ndarray
    descriptors: np.ndarray

    def __len__(self) -> int:
        return len(self.keypoints)

    def select(self, index: np.ndarray) -> LocalFeatures:
        """The features at an index or boolean mask (N,)."""
        return LocalFeatures(self.keypoints[index], self.descriptors[:, index])


class LocalExtractor(Protocol):
    """Finds keypoints in a photo and describes them."""

    name: str  # method, settings and weights: cached features are bound to it

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        """Features of an (H, W, 3) uint8 RGB photo."""
        ...
