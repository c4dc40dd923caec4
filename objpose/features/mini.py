"""Mini: a small network that describes pictures of things, beside the hand-made descriptors of their patches.

The network has learned that photos and drawn templates of the same place are alike, and other places on the
same thing not. The patches, and their means over wider and wider windows, go through a linear map that keeps
the directions in which they agree in the same way (Mikolajczyk and Matas: Improving descriptors for fast tree
matching by optimal linear projection, ICCV 2007). Each tells what the other misses, and both count alike.
They come with the package, made from things that are drawn at random (`training/`) and from nobody else's
pictures or weights.
"""

from __future__ import annotations

import time
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from objpose.errors import InputError
from objpose.features.backbone import content_digest
from objpose.features.dense import FeatureMap
from objpose.features.mini_network import COARSEST, DIM, STRIDE, MiniNetwork
from objpose.features.patches import PatchDescriptor
from objpose.geometry import HOST

WEIGHTS, MAP = "mini.safetensors", "projection"  # beside this file; the name of the map in it
PATCHES = PatchDescriptor()
WINDOWS = (3, 7, 13)  # patches along the sides of the windows
INPUTS = PATCHES.dim * (1 + len(WINDOWS))
MAPPED = 128  # numbers that the map keeps of them
AT_ONCE = 16  # images: bounds the memory, and is fastest on a CPU


class Weights(NamedTuple):
    network: MiniNetwork
    projection: Tensor  # (MAPPED, INPUTS)


class MiniDescriptor:
    """Network and map as dense features.

    Args:
        weights: a safetensors file of both; None takes that of the package.

    Raises:
        InputError: a file that is missing or holds something else.
    """

    stride = STRIDE
    dim = DIM + MAPPED

    def __init__(self, weights: str | Path | None = None) -> None:
        with resources.as_file(resources.files(__package__) / WEIGHTS) as own:
            self.weights = _read(Path(weights or own))
        content = self.weights.network.state_dict() | {MAP: self.weights.projection}
        self.name = f"mini-2-{PATCHES.name}-{content_digest(content)}"
        self._on = {HOST: self.weights}

    @torch.no_grad()
    def __call__(self, images: Tensor) -> FeatureMap:
        """One cell of unit length for every whole 8 x 8 square of images (N, 3, H, W), centred in it.

        Pixels that equal the image's first pixel exactly are taken for a constant background, as by
        `PatchDescriptor`.

        Raises:
            InputError: another shape and images smaller than one cell.
        """
        start = time.perf_counter()
        patches = PATCHES(images)
        if images.device not in self._on:
            self._on[images.device] = _copied(self.weights, images.device)
        network, projection = self._on[images.device]
        mapped = [with_means(some) @ projection.mT for some in patches.descriptors.split(AT_ONCE)]
        learned = [network(some) for some in filled_up(images.float()).split(AT_ONCE)]
        described = _side_by_side(torch.cat(learned), torch.cat(mapped))
        return FeatureMap(described, STRIDE, patches.origin, time.perf_counter() - start)


def with_means(patches: Tensor) -> Tensor:
    """(N, h, w, 4 D): patches (N, h, w, D), and their means over windows about each."""
    maps = patches.permute(0, 3, 1, 2)
    means = [_mean(_mean(maps, side, 1), 1, side).permute(0, 2, 3, 1) for side in WINDOWS]
    return torch.cat([patches, *means], dim=-1)


def _mean(maps: Tensor, rows: int, columns: int) -> Tensor:
    """Over so many rows and columns (odd), of those that there are."""
    padding = (rows // 2, columns // 2)
    return functional.avg_pool2d(maps, (rows, columns), 1, padding, count_include_pad=False)


def _side_by_side(learned: Tensor, mapped: Tensor) -> Tensor:
    """(N, h, w, DIM + MAPPED) unit descriptors, of the network's (N, DIM, H, W) first cells and the map's."""
    height, width = mapped.shape[1:3]
    learned = learned[:, :, :height, :width].permute(0, 2, 3, 1)
    return torch.cat([learned, functional.normalize(mapped, dim=-1)], dim=-1) * 0.5**0.5


def filled_up(images: Tensor) -> Tensor:
    """Images (N, 3, H, W) with background to the right and below, to sides that the network can halve."""
    height, width = images.shape[2:]
    sides = [-(-side // COARSEST) * COARSEST for side in (height, width)]
    filled = images[:, :, :1, :1].expand(-1, -1, *sides).clone()
    filled[:, :, :height, :width] = images
    return filled


def _copied(weights: Weights, device: torch.device) -> Weights:
    network = _empty()
    network.load_state_dict(weights.network.state_dict())
    return Weights(network.to(device), weights.projection.to(device))


def _empty() -> MiniNetwork:
    return MiniNetwork().to(memory_format=torch.channels_last).eval().requires_grad_(False)


@cache
def _read(file: Path) -> Weights:
    expected, cure = "the weights of mini", "give a file that the programs in training/ wrote, or none"
    if not file.is_file():
        raise InputError(file, "no such file", expected, cure)
    try:
        state = load_file(file)
    except SafetensorError as error:
        raise InputError(file, "another kind of file", expected, cure) from error
    projection, network = state.pop(MAP, torch.zeros(0, 0)).float(), _empty()
    if projection.shape != (MAPPED, INPUTS):
        found = f"`{MAP}` of shape {tuple(projection.shape)}"
        raise InputError(file, found, f"{expected}, ({MAPPED}, {INPUTS})", cure)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(file, "weights of another network", expected, cure) from error
    return Weights(network, projection)
