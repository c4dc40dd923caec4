"""A photo as the geometry sees it: intrinsics and features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from objpose.features.local import LocalFeatures

# Keypoints are found to about half a pixel of the photo they are looked for in, which is at most this large.
FEATURE_SIZE_PX = 1024
TOLERANCE_PX = 2.0  # four standard deviations of that


@dataclass(frozen=True, eq=False)
class View:
    """One photo: its name, size, intrinsics and features.

    K: (3, 3) float64 pixels, pixel centres at integers; features: in pixels of this photo.
    """

    name: str
    width: int
    height: int
    K: np.ndarray
    features: LocalFeatures

    @cached_property
    def rays(self) -> np.ndarray:
        """(N, 2) keypoints at depth one."""
        return (self.features.keypoints - self.K[:2, 2]) / self.K.diagonal()[:2]

    @property
    def focal(self) -> float:
        """Pixels; the geometric mean of both."""
        return float(np.sqrt(self.K[0, 0] * self.K[1, 1]))

    @property
    def tolerance_px(self) -> float:
        """Pixels that a right match may be off."""
        return TOLERANCE_PX * max(1.0, max(self.width, self.height) / FEATURE_SIZE_PX)

    @property
    def tolerance(self) -> float:
        """The same at depth one."""
        return self.tolerance_px / self.focal

    def with_focal(self, focal: float) -> View:
        """The same photo under other focal lengths of one size, pixels."""
        K = self.K.copy()
        K[0, 0] = K[1, 1] = focal
        return replace(self, K=K)
