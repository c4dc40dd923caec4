"""Learned local features through kornia, from a file of weights or, where the network allows, a download."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy.spatial import cKDTree
from torch import Tensor, nn

from objpose.errors import InputError
from objpose.features.backbone import fingerprint
from objpose.features.local.features import LocalFeatures
from objpose.features.local.quarter_turns import turn_back
from objpose.features.networks import ALIKED_NETWORKS, load_network
from objpose.features.published_weights import find_weights
from objpose.geometry import resized_pixels

LEARNED = (*ALIKED_NETWORKS, "disk", "xfeat")
XFEAT_MULTIPLE = 32
TOP_KEYPOINTS = -1.0  # as ALIKED's detection threshold: so many of the strongest, whatever their score
QUARTER_TURNS = 4
# A keypoint found again in a turned photo lies within this of where it was found first.
SAME_KEYPOINT_PX = 2.0

Detector = Callable[[Tensor], tuple[Tensor, Tensor]]


class LearnedExtractor:
    """ALIKED, DISK or XFeat; each photo is described upright and after each quarter turn.

    Learned descriptors survive turns of some 45 degrees only, so that the turned ones carry photos held any
    way round. method: `aliked-t16`, `aliked-n16`, `aliked-n16rot`, `aliked-n32`, `disk` or `xfeat`; weights:
    a local file of that network's state, None takes the published ones.

    Raises:
        InputError: no such method, a file that holds other weights, or no way to download.
    """

    def __init__(
        self,
        method: str,
        weights: str | Path | None = None,
        max_keypoints: int = 2048,
        max_size: int = 1024,
        turns: int = QUARTER_TURNS,
    ):
        self.max_size, self.turns = max_size, turns
        self.weights = (find_weights(method, weights).source,)
        self._detect, content = _detector(method, weights, max_keypoints)
        self.name = f"{method}-{content}-{max_keypoints}-{max_size}-{turns}"

    @torch.inference_mode()
    def __call__(self, image: np.ndarray) -> LocalFeatures:
        height, width = image.shape[:2]
        scale = min(1.0, self.max_size / max(height, width))
        size = (round(width * scale), round(height * scale))
        photo = Image.fromarray(image)
        reduced = image if scale == 1.0 else np.asarray(photo.resize(size, Image.Resampling.BOX))
        pixels = torch.from_numpy(np.array(reduced, order="C")).permute(2, 0, 1)[None].float() / 255
        keypoints, descriptors = (part.numpy() for part in self._detect(pixels))
        tree = cKDTree(keypoints) if len(keypoints) else None
        described = [descriptors]
        for turn in range(1, self.turns):
            found, turned = (part.numpy() for part in self._detect(torch.rot90(pixels, turn, dims=(2, 3))))
            places = turn_back(found, turn, size)
            described.append(_carry_over(tree, places, turned, descriptors.shape))
        enlarge = np.array([width / size[0], height / size[1]], dtype=np.float32)
        places = resized_pixels(keypoints, enlarge)
        return LocalFeatures(places, np.stack(described), size=(width, height))


def _carry_over(
    tree: cKDTree | None, places: np.ndarray, turned: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """Descriptors of the turned photo at the upright keypoints; zero, which matches nothing, where none
    is.
    """
    carried = np.zeros(shape, dtype=np.float32)
    if tree is None or not len(places):
        return carried
    distance, nearest = tree.query(places)
    farthest_first = np.argsort(-distance, kind="stable")
    chosen = farthest_first[distance[farthest_first] < SAME_KEYPOINT_PX]
    carried[nearest[chosen]] = turned[chosen]
    return carried


def _detector(method: str, weights: str | Path | None, max_keypoints: int) -> tuple[Detector, str]:
    """What finds and describes, and the fingerprint of its weights."""
    if method in ALIKED_NETWORKS:
        network = load_network(
            method, weights, max_num_keypoints=max_keypoints, detection_threshold=TOP_KEYPOINTS
        )
        return lambda pixels: _parts(network(pixels)[0]), fingerprint(network)
    if method == "disk":
        network = load_network(method, weights)
        found = partial(network, n=max_keypoints, pad_if_not_divisible=True)
        return lambda pixels: _parts(found(pixels)[0]), fingerprint(network)
    if method == "xfeat":
        network = load_network(method, weights, top_k=max_keypoints)
        return partial(_xfeat_parts, network), fingerprint(network)
    choices = f"one of {', '.join(LEARNED)}"
    raise InputError("matcher", method, choices, "choose one of them, or `sift`, which needs no weights")


def _parts(found: Any) -> tuple[Tensor, Tensor]:
    return found.keypoints.float(), nn.functional.normalize(found.descriptors.float(), dim=-1)


def _xfeat_parts(network: Any, pixels: Tensor) -> tuple[Tensor, Tensor]:
    found = network.detectAndCompute(pixels)[0]
    # XFeat works on multiples of 32 pixels, and gives corners of pixels of that size, not their centres.
    sides = pixels.new_tensor([pixels.shape[3], pixels.shape[2]])
    enlarged = sides / (sides // XFEAT_MULTIPLE * XFEAT_MULTIPLE).clamp_min(XFEAT_MULTIPLE)
    keypoints = found["keypoints"].float() + 0.5 * enlarged - 0.5
    return keypoints, nn.functional.normalize(found["descriptors"].float(), dim=-1)
