"""A photo as the geometry sees it: intrinsics and features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from objpose.cameras.scene.options import KeypointOptions
from objpose.features.local import LocalFeatures
from objpose.geometry import Camera

NOWHERE = -1e4  # pixel of a keypoint on the border of what a lens sees, where no point fits


@dataclass(frozen=True, eq=False)
class View:
    """One photo: its name, size, intrinsics and features.

    K: (3, 3) float64 pixels, pixel centres at integers; features: where a pinhole of this K would see them,
    which is where they are but for a photo with lens distortion; keypoints: how exactly those were found;
    bent: the photo's own camera if it has a lens.
    """

    name: str
    width: int
    height: int
    K: np.ndarray
    features: LocalFeatures
    keypoints: KeypointOptions = KeypointOptions()
    bent: Camera | None = None

    @cached_property
    def rays(self) -> np.ndarray:
        """(N, 2) keypoints at depth one."""
        return (self.features.keypoints - self.K[:2, 2]) / self.K.diagonal()[:2]

    @cached_property
    def described(self) -> np.ndarray:
        """(D,) the keypoints that have descriptors."""
        return np.flatnonzero(self.features.described)

    @cached_property
    def places(self) -> cKDTree:
        """Those keypoints by place, pixels."""
        return cKDTree(self.features.keypoints[self.described])

    @cached_property
    def typical_distance(self) -> float:
        """Between the descriptors of two random keypoints; their median."""
        described = self.features.descriptors[0, self.described]
        others = np.roll(described, len(described) // 2, axis=0)
        return float(np.median(np.linalg.norm(described - others, axis=1)))

    @property
    def camera(self) -> Camera:
        """That of the photo as it is."""
        return self.bent or Camera.from_K(self.K, self.width, self.height)

    def on_photo(self, pixels: np.ndarray) -> np.ndarray:
        """Where on the photo pixels (N, 2) of the pinhole are."""
        if self.bent is None:
            return pixels
        rays = self.bent.pinhole.unproject(pixels, np.ones(len(pixels)))
        return self.bent.project(rays).numpy()

    def on_pinhole(self, pixels: np.ndarray) -> np.ndarray:
        """Where the pinhole would see pixels (N, 2) of the photo; those that no ray reaches lie nowhere."""
        if self.bent is None:
            return pixels
        rays = self.bent.unproject(pixels, np.ones(len(pixels)))
        return self.bent.pinhole.project(rays).nan_to_num(NOWHERE).numpy().astype(pixels.dtype)

    @property
    def focal(self) -> float:
        """Pixels; the geometric mean of both."""
        return float(np.sqrt(self.K[0, 0] * self.K[1, 1]))

    @property
    def tolerance_px(self) -> float:
        """Pixels that a right match may be off."""
        return self.keypoints.tolerance(self.width, self.height)

    @property
    def tolerance(self) -> float:
        """The same at depth one."""
        return self.tolerance_px / self.focal

    def patches(self, keypoints: np.ndarray, count: int) -> np.ndarray:
        """(M,) the patch that each of these keypoints (M,) lies in, of so many along the longer side."""
        size = max(self.width, self.height) / count
        columns, rows = (self.features.keypoints[keypoints] / size).clip(min=0).astype(np.int64).T
        return rows * count + columns.clip(max=count - 1)

    def with_focal(self, focal: float) -> View:
        """The same photo under other focal lengths of one size, pixels."""
        K = self.K.copy()
        K[0, 0] = K[1, 1] = focal
        return replace(self, K=K)


def refocused(views: list[View], focals: dict[int, float]) -> list[View]:
    """The views with other focal lengths, pixels, of some of them, by index."""
    return [view.with_focal(focals[index]) if index in focals else view for index, view in enumerate(views)]
