"""LoFTR: matches on a grid of one photo, refined in the other, without a detector.

Sun, Shen, Wang, Bao, Zhou: LoFTR: Detector-Free Local Feature Matching with Transformers, CVPR 2021. The
network is kornia's, its published weights those for the outdoors.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from objpose.features.backbone import fingerprint
from objpose.features.local.places import PlaceMatches
from objpose.features.local.sift import grey_of
from objpose.features.networks import load_network
from objpose.features.published_weights import find_weights

NETWORK_CENTRE = 0.5  # LoFTR's pixel centres are at one half


class LoftrMatcher:
    """LoFTR between photos held the same way round.

    weights: a local file of LoFTR's weights, None to download it; max_size: pixels of the longer side, larger
    photos are reduced first: time and memory grow with its fourth power. ratios of the matches are one less
    LoFTR's confidence, so at most 0.8.

    Raises:
        InputError: as load_network does.
    """

    def __init__(self, weights: str | Path | None = None, max_size: int = 640):
        self.network = load_network("loftr", weights)
        self.weights = (find_weights("loftr", weights).source,)
        self.max_size = max_size
        self.name = f"loftr-{max_size}-{fingerprint(self.network)}"

    @torch.inference_mode()
    def __call__(self, first: np.ndarray, second: np.ndarray) -> PlaceMatches:
        grey = [self._grey(photo) for photo in (first, second)]
        found = self.network({"image0": grey[0], "image1": grey[1]})
        order = torch.argsort(found["confidence"], descending=True, stable=True)
        end, other_end = (
            _in_photo(found[f"keypoints{side}"][order].numpy(), grey[side], photo)
            for side, photo in enumerate((first, second))
        )
        return PlaceMatches(end, other_end, (1.0 - found["confidence"][order]).numpy())

    def _grey(self, photo: np.ndarray) -> Tensor:
        """(1, 1, H, W) in [0, 1], reduced."""
        height, width = photo.shape[:2]
        scale = min(1.0, self.max_size / max(height, width))
        grey = Image.fromarray(grey_of(photo))
        if scale < 1.0:
            grey = grey.resize((round(width * scale), round(height * scale)), Image.Resampling.BOX)
        return torch.from_numpy(np.asarray(grey, dtype=np.float32) / 255)[None, None]


def _in_photo(places: np.ndarray, grey: Tensor, photo: np.ndarray) -> np.ndarray:
    """Places (M, 2) of the network as pixels of the photo."""
    enlarge = np.array([photo.shape[1] / grey.shape[3], photo.shape[0] / grey.shape[2]], dtype=np.float32)
    return places * enlarge - NETWORK_CENTRE
