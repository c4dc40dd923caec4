"""What every local extractor returns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """Keypoints of one photo with their descriptors.

    keypoints: (N, 2) float32 column and row, pixels of the photo, pixel centres at integers.
    descriptors: (R, N, D) float32 of unit length. R is 1 for descriptors that a turn of the photo does not
        change; else descriptor r was taken from the photo turned by r quarter turns.
    shapes: (N, 2) float32 scale in pixels of the photo and orientation in radians, None where the extractor
        has none.
    size: width and height of the photo, pixels; None where nobody asks for it.
    """

    keypoints: np.ndarray
    descriptors: np.ndarray
    shapes: np.ndarray | None = None
    size: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def span(self) -> int:
        """Pixels of the photo's longer side, of features that know its size."""
        assert self.size is not None
        return max(self.size)

    @cached_property
    def content(self) -> str:
        """What tells these features from others: a digest of all they hold."""
        digest = hashlib.sha256(f"{self.size} {self.descriptors.shape}".encode())
        for array in (self.keypoints, self.descriptors, self.shapes):
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    @cached_property
    def described(self) -> np.ndarray:
        """(N,) whether a keypoint has a descriptor: places that were only matched have none."""
        described: np.ndarray = self.descriptors[0].any(axis=1)
        return described

    def select(self, index: np.ndarray) -> LocalFeatures:
        """The features at an index or boolean mask (N,)."""
        shapes = None if self.shapes is None else self.shapes[index]
        return LocalFeatures(self.keypoints[index], self.descriptors[:, index], shapes, self.size)


class LocalExtractor(Protocol):
    """Finds keypoints in a photo and describes them."""

    @property
    def name(self) -> str:
        """Method, settings and weights: cached features are bound to it."""
        ...

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        """Features of an (H, W, 3) uint8 RGB photo."""
        ...


def under_mask(keypoints: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(N,) whether keypoints (N, 2) lie on the True pixels of a mask (H, W)."""
    columns, rows = np.round(keypoints).astype(np.int64).T
    return mask[rows.clip(0, mask.shape[0] - 1), columns.clip(0, mask.shape[1] - 1)]
