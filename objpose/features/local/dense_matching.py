"""Dense descriptors matched between photos: cells of one map with those of the other, then refined."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from objpose.features.cache import MapCache
from objpose.features.dense import DenseFeatures, FeatureMap
from objpose.features.local.features import LocalFeatures
from objpose.features.local.nearest_apart import NearestApart
from objpose.features.local.places import PlaceMatches
from objpose.features.local.trained import weights_of
from objpose.features.patches import PatchDescriptor
from objpose.geometry import resized_pixels

APART_CELLS = 1.5  # neighbouring cells see the same: they are no rivals of each other
SEARCHES = ((8.0, 2.0), (1.0, 1.0))  # reach and step in pixels of the searches about a match
COARSE = PatchDescriptor(stride=8)
FINE = PatchDescriptor(stride=2, orientations=4, bin_side=4.0)
KEPT_BYTES = 512 * 2**20  # of maps


class DenseMatcher:
    """Mutual nearest cells of dense maps, each moved in the second photo to where finer descriptors agree.

    coarse, fine: descriptors that choose the cells, and that move them; max_size: pixels of the longer side,
    larger photos are reduced first. Photos are compared the way round they are held.
    """

    def __init__(
        self,
        coarse: DenseFeatures = COARSE,
        fine: DenseFeatures = FINE,
        max_size: int = 640,
    ):
        self.coarse, self.fine, self.max_size = coarse, fine, max_size
        self.name = f"dense-{max_size}-{coarse.name}-{fine.name}"
        self.weights = weights_of(coarse, fine)
        self._maps = MapCache(KEPT_BYTES)  # every photo is in many pairs

    @torch.inference_mode()
    def __call__(self, first: np.ndarray, second: np.ndarray) -> PlaceMatches:
        images = [self._reduced(photo) for photo in (first, second)]
        maps = [self._maps(self.coarse, image) for image in images]
        cells = [_cells(one, image) for one, image in zip(maps, images, strict=True)]
        apart = NearestApart(APART_CELLS * self.coarse.stride / cells[0].span)
        found = apart(*cells)
        places = [torch.from_numpy(one.keypoints[found.indices[:, side]]) for side, one in enumerate(cells)]
        fine, other_fine = (self._maps(self.fine, image) for image in images)
        for reach, step in SEARCHES:
            places[1] = _moved(fine, other_fine, places[0], places[1], reach, step)
        end, other_end = (
            _in_photo(one.numpy(), image, photo)
            for one, image, photo in zip(places, images, (first, second), strict=True)
        )
        return PlaceMatches(end, other_end, found.ratios)

    def _reduced(self, photo: np.ndarray) -> Tensor:
        """(1, 3, H, W) float32 RGB in [0, 1]."""
        height, width = photo.shape[:2]
        scale = min(1.0, self.max_size / max(height, width))
        size = (round(width * scale), round(height * scale))
        reduced = np.array(Image.fromarray(photo).resize(size, Image.Resampling.BOX))
        return torch.from_numpy(reduced).permute(2, 0, 1)[None].float() / 255


def _moved(
    first: FeatureMap, second: FeatureMap, places: Tensor, others: Tensor, reach: float, step: float
) -> Tensor:
    """(M, 2) places near `others` in the second map that agree best with the first map's places."""
    steps = torch.arange(-reach, reach + step / 2, step)
    offsets = torch.cartesian_prod(steps, steps)
    offsets = offsets[offsets.norm(dim=1).argsort(stable=True)]  # where all agree alike, none moves
    candidates = others[:, None] + offsets
    wanted = first.sample(places[None])[0]
    there = torch.nn.functional.normalize(second.sample(candidates.reshape(1, -1, 2))[0], dim=-1)
    agreement = (there.view(len(places), len(offsets), -1) @ wanted[:, :, None])[:, :, 0]
    return candidates[torch.arange(len(places)), agreement.argmax(dim=1)]


def _cells(maps: FeatureMap, image: Tensor) -> LocalFeatures:
    """The cells of a map as features of an image of this shape."""
    descriptors = torch.nn.functional.normalize(maps.descriptors, dim=-1).flatten(1, 2)
    centres = maps.centres().reshape(-1, 2)
    return LocalFeatures(centres.numpy(), descriptors.numpy(), size=(image.shape[3], image.shape[2]))


def _in_photo(places: np.ndarray, image: Tensor, photo: np.ndarray) -> np.ndarray:
    """Places (M, 2) of the reduced image as pixels of the photo."""
    enlarge = np.array([photo.shape[1] / image.shape[3], photo.shape[0] / image.shape[2]], dtype=np.float32)
    return resized_pixels(places, enlarge)
