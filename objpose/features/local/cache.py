"""Features kept by the content of the photo and the name of the extractor."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from objpose.features.local.features import LocalExtractor, LocalFeatures
from objpose.io.atomic import atomic_path


class FeatureCache:
    """Extracts each photo once: in memory, and in a folder where one is given.

    extractor: what computes the features; folder: where they are kept between runs, or None.
    """

    def __init__(self, extractor: LocalExtractor, folder: str | Path | None = None):
        self.extractor = extractor
        self.folder = None if folder is None else Path(folder)
        self._known: dict[str, LocalFeatures] = {}

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        """Features of an (H, W, 3) uint8 RGB photo."""
        key = self._key(image)
        if key not in self._known:
            self._known[key] = self._read_or_extract(key, image)
        return self._known[key]

    def _key(self, image: np.ndarray) -> str:
        content = hashlib.sha256(f"{self.extractor.name} {image.shape}".encode())
        content.update(np.ascontiguousarray(image))
        return content.hexdigest()

    def _read_or_extract(self, key: str, image: np.ndarray) -> LocalFeatures:
        path = None if self.folder is None else self.folder / f"{key}.safetensors"
        if path is not None and path.is_file():
            return LocalFeatures(**load_file(path))
        features = self.extractor(image)
        if path is not None:
            arrays = {"keypoints": features.keypoints, "descriptors": features.descriptors}
            with atomic_path(path) as temporary:
                save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary)
        return features
