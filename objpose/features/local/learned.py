"""Learned local features through kornia, from a file of weights or, where the network allows, a download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.spatial import cKDTree
from torch import Tensor, nn

from objpose.errors import InputError
from objpose.features.local.features import LocalFeatures

QUARTER_TURNS = 4
# A keypoint found again in a turned photo lies within this of where it was found first.
SAME_KEYPOINT_PX = 2.0

Detector = Callable[[Tensor], tuple[Tensor, Tensor]]


class LearnedExtractor:
    """ALIKED, DISK or XFeat; each photo is described upright and after each quarter turn.

    Learned descriptors survive turns of some 45 degrees only, so that the turned ones carry photos held any
    way round. method: `aliked-t16`, `aliked-n16`, `aliked-n16rot`, `aliked-n32`, `disk` or `xfeat`; weights:
    a local file of that network's state, None to download it.

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
        self._detect = _detector(method, None if weights is None else Path(weights), max_keypoints)
        source = "hub" if weights is None else Path(weights).name
        self.name = f"{method}-{source}-{max_keypoints}-{max_size}-{turns}"

    @torch.inference_mode()
    def __call__(self, image: np.ndarray) -> LocalFeatures:
        height, width = image.shape[:2]
        scale = min(1.0, self.max_size / max(height, width))
        size = (round(width * scale), round(height * scale))
        reduced = image if scale == 1.0 else np.asarray(Image.fromarray(image).resize(size, Image.BOX))
        pixels = torch.from_numpy(np.ascontiguousarray(reduced)).permute(2, 0, 1)[None].float() / 255
        keypoints, descriptors = (part.numpy() for part in self._detect(pixels))
        tree = cKDTree(keypoints) if len(keypoints) else None
        described = [descriptors]
        for turn in range(1, self.turns):
            found, turned = (part.numpy() for part in self._detect(torch.rot90(pixels, turn, dims=(2, 3))))
            places = turn_back(found, turn, size)
            described.append(_carry_over(tree, places, turned, descriptors.shape))
        enlarge = np.array([width / size[0], height / size[1]], dtype=np.float32)
        return LocalFeatures((keypoints + 0.5) * enlarge - 0.5, np.stack(described))


def turn_back(keypoints: np.ndarray, turn: int, size: tuple[int, int]) -> np.ndarray:
    """Where keypoints (N, 2) of a photo turned by `torch.rot90(photo, turn)` lie in it; size: its width,
    height.
    """
    column, row = keypoints.T
    last_column, last_row = size[0] - 1, size[1] - 1
    places = {
        1: (last_column - row, column),
        2: (last_column - column, last_row - row),
        3: (row, last_row - column),
    }
    return np.stack(places.get(turn, (column, row)), axis=1)


def _carry_over(tree: cKDTree | None, places: np.ndarray, turned: np.ndarray, shape: tuple) -> np.ndarray:
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


def _detector(method: str, weights: Path | None, max_keypoints: int) -> Detector:
    import kornia.feature as kornia_feature

    if method.startswith("aliked"):
        network = _aliked(kornia_feature, method, weights, max_keypoints)
        return lambda pixels: _parts(network(pixels)[0])
    if method == "disk":
        network = kornia_feature.DISK() if weights else _download(method, kornia_feature.DISK.from_pretrained)
        _load(network, weights, method)
        return lambda pixels: _parts(network(pixels, n=max_keypoints, pad_if_not_divisible=True)[0])
    if method == "xfeat":
        network = kornia_feature.XFeat(top_k=max_keypoints) if weights else None
        network = network or _download(method, kornia_feature.XFeat.from_pretrained)
        _load(network, weights, method)
        return lambda pixels: _xfeat_parts(network.detectAndCompute(pixels, top_k=max_keypoints)[0])
    choices = "aliked-t16, aliked-n16, aliked-n16rot, aliked-n32, disk or xfeat"
    raise InputError("matcher", method, choices, "choose one of them, or `sift`, which needs no weights")


def _aliked(kornia_feature: object, method: str, weights: Path | None, max_keypoints: int) -> nn.Module:
    try:
        network = kornia_feature.ALIKED(method, max_num_keypoints=max_keypoints, detection_threshold=-1.0)
    except ValueError as error:
        raise InputError("matcher", method, "an ALIKED of kornia", str(error)) from error
    if weights is None:
        downloaded = _download(method, lambda: kornia_feature.ALIKED.from_pretrained(method))
        network.load_state_dict(downloaded.state_dict(), strict=False)
    _load(network, weights, method)
    return network


def _load(network: nn.Module, weights: Path | None, method: str) -> None:
    """Give the network the weights of a file; buffers that it computes itself may be missing there."""
    network.eval()
    if weights is None:
        return
    cure = f"give the file of {method}'s own weights"
    if not weights.is_file():
        raise InputError(weights, "no such file", f"the weights of {method}", cure)
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        missing, unexpected = network.load_state_dict(state.get("state_dict", state), strict=False)
    except (RuntimeError, AttributeError, ValueError) as error:
        raise InputError(weights, "weights of another network", f"the weights of {method}", cure) from error
    absent = set(missing) & {name for name, _ in network.named_parameters()}
    if absent or unexpected:
        found = f"{len(absent)} parameters missing and {len(unexpected)} unknown"
        raise InputError(weights, found, f"the weights of {method}", cure)


def _download(method: str, fetch: Callable[[], nn.Module]) -> nn.Module:
    try:
        return fetch()
    except OSError as error:
        cure = "give a local file of weights, or choose `sift`, which needs none"
        raise InputError(f"weights of {method}", f"no download ({error})", "a reachable hub", cure) from error


def _parts(found: object) -> tuple[Tensor, Tensor]:
    return found.keypoints.float(), nn.functional.normalize(found.descriptors.float(), dim=-1)


def _xfeat_parts(found: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    return found["keypoints"].float(), nn.functional.normalize(found["descriptors"].float(), dim=-1)
