"""SIFT by pycolmap: nothing to download, invariant to turns, and with affine shapes good to some 50
degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from objpose.features.local.features import LocalFeatures
from objpose.features.local.pycolmap_log import quiet

if TYPE_CHECKING:
    import pycolmap

GREY_WEIGHTS = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as every grey converter
# COLMAP's pixel centres are at one half.
COLMAP_CENTRE = 0.5
DIMENSIONS = 128


@dataclass(frozen=True)
class SiftExtractor:
    """SIFT (Lowe 2004) with the affine shape of Baumberg (2000), which slanted surfaces need."""

    max_keypoints: int = 2048  # the largest scales are kept
    max_size: int = 1024  # pixels of the longer side; larger photos are reduced first
    affine: bool = True  # estimate the affine shape of each keypoint

    @property
    def name(self) -> str:
        return f"sift-shapes-{self.max_keypoints}-{self.max_size}-{'affine' if self.affine else 'round'}"

    @cached_property
    def _extractor(self) -> pycolmap.FeatureExtractor:
        import pycolmap

        options = pycolmap.FeatureExtractionOptions()
        options.num_threads, options.use_gpu, options.max_image_size = 1, False, self.max_size
        options.sift.max_num_features = self.max_keypoints
        options.sift.estimate_affine_shape = self.affine
        with quiet():
            return pycolmap.FeatureExtractor.create(options, pycolmap.Device.cpu)

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        import pycolmap

        grey = grey_of(image)
        height, width = grey.shape
        scale = min(1.0, self.max_size / max(height, width))
        if scale < 1.0:
            size = (round(width * scale), round(height * scale))
            grey = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
        found, described = self._extractor.extract(pycolmap.Bitmap.from_array(np.ascontiguousarray(grey)))
        places = np.array([(one.x, one.y) for one in found], dtype=np.float32).reshape(-1, 2)
        shapes = [(one.compute_scale() / scale, one.compute_orientation()) for one in found]
        enlarge = np.array([width / grey.shape[1], height / grey.shape[0]], dtype=np.float32)
        descriptors = np.asarray(described.data, dtype=np.float32).reshape(len(places), DIMENSIONS)
        lengths = np.linalg.norm(descriptors, axis=1, keepdims=True).clip(min=1e-12)
        return LocalFeatures(
            places * enlarge - COLMAP_CENTRE,
            (descriptors / lengths)[None],
            np.array(shapes, dtype=np.float32).reshape(-1, 2),
            (width, height),
        )


def grey_of(image: np.ndarray) -> np.ndarray:
    """(H, W) uint8 brightness of an (H, W, 3) uint8 RGB photo."""
    return np.round(image.astype(np.float32) @ GREY_WEIGHTS).astype(np.uint8)
