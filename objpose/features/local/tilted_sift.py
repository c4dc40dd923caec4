"""SIFT of a photo and of its tilted views: keypoints that are found again from far aside."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from objpose.features.local.features import LocalFeatures
from objpose.features.local.sift import SiftExtractor
from objpose.features.local.tilted_views import TiltedView, tilted_views
from objpose.geometry import resized_pixels

BORDER_PX = 6.0  # keypoints this close to the photo's border belong to what is made up beyond it


@dataclass(frozen=True)
class TiltedSiftExtractor:
    """SIFT upright, and in views squeezed along several directions; many of them may find one place."""

    upright: SiftExtractor = SiftExtractor()
    tilted: SiftExtractor = field(default_factory=lambda: SiftExtractor(max_keypoints=400, affine=False))
    squeeze: float = 2.0  # what a slant of 60 degrees does to a surface
    max_size: int = 640  # pixels of the longer side; the views are of the photo so reduced

    @property
    def name(self) -> str:
        return f"tilted-on-{self.squeeze}-{self.max_size}-{self.upright.name}-{self.tilted.name}"

    def __call__(self, image: np.ndarray) -> LocalFeatures:
        upright = self.upright(image)
        height, width = image.shape[:2]
        scale = min(1.0, self.max_size / max(height, width))
        size = (round(width * scale), round(height * scale))
        reduced = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))
        enlarge = np.array([width / size[0], height / size[1]])
        keypoints, descriptors = [upright.keypoints], [upright.descriptors]
        for view in tilted_views(reduced, self.squeeze):
            places, found = self._found(view, size)
            keypoints.append(resized_pixels(places, enlarge).astype(np.float32))
            descriptors.append(found.descriptors)
        return LocalFeatures(
            np.concatenate(keypoints), np.concatenate(descriptors, axis=1), size=(width, height)
        )

    def _found(self, view: TiltedView, size: tuple[int, int]) -> tuple[np.ndarray, LocalFeatures]:
        """Features of a view, and their places in the reduced photo of this width and height."""
        found = self.tilted(view.image)
        places = view.in_photo(found.keypoints)
        last = np.array(size) - 1 - BORDER_PX
        inside: np.ndarray = np.all((places > BORDER_PX) & (places < last), axis=1)
        return places[inside], found.select(inside)
