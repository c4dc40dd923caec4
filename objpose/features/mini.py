"""Mini: the hand-made descriptors of patches and of what is around them, weighed as matching has taught.

A patch alone tells little on plain surfaces: where it lies on the object tells as much. Means of the patches
over wider and wider windows say that. A linear map keeps of all this the directions in which a photo and a
drawn template of the same place agree, and other places differ (Mikolajczyk and Matas: Improving descriptors
for fast tree matching by optimal linear projection, ICCV 2007). The map comes with the package;
`training/mini.py` made it, from drawn things alone.
"""

from __future__ import annotations

import time
from functools import cache
from importlib import resources
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from objpose.errors import InputError
from objpose.features.backbone import content_digest
from objpose.features.dense import FeatureMap
from objpose.features.patches import PatchDescriptor

WEIGHTS = "mini.safetensors"  # beside this file
PATCHES = PatchDescriptor()
WINDOWS = (3, 7, 13)  # patches along the sides of the windows
INPUTS = PATCHES.dim * (1 + len(WINDOWS))
AT_ONCE = 32  # images: bounds the memory


class MiniDescriptor:
    """The learned map as dense features.

    Args:
        weights: a safetensors file of the map; None takes that of the package.

    Raises:
        InputError: a file that is missing or holds something else.
    """

    stride = PATCHES.stride

    def __init__(self, weights: str | Path | None = None) -> None:
        with resources.as_file(resources.files(__package__) / WEIGHTS) as own:
            self.projection = _read(Path(weights or own))  # (dim, INPUTS)
        self.name = f"mini-{PATCHES.name}-{content_digest({'projection': self.projection})}"

    @property
    def dim(self) -> int:
        return len(self.projection)

    def __call__(self, images: Tensor) -> FeatureMap:
        """One cell of unit length for every whole 8 x 8 square of images (N, 3, H, W), centred in it.

        Pixels that equal the image's first pixel exactly are taken for a constant background, as by
        `PatchDescriptor`.

        Raises:
            InputError: another shape and images smaller than one cell.
        """
        start = time.perf_counter()
        patches = PATCHES(images)
        projection = self.projection.mT.to(images.device)
        mapped = torch.cat([with_means(some) @ projection for some in patches.descriptors.split(AT_ONCE)])
        described = functional.normalize(mapped, dim=-1)
        return FeatureMap(described, self.stride, patches.origin, time.perf_counter() - start)


def with_means(patches: Tensor) -> Tensor:
    """(N, h, w, 4 D): patches (N, h, w, D), and their means over windows about each."""
    maps = patches.permute(0, 3, 1, 2)
    means = [_mean(_mean(maps, side, 1), 1, side).permute(0, 2, 3, 1) for side in WINDOWS]
    return torch.cat([patches, *means], dim=-1)


def _mean(maps: Tensor, rows: int, columns: int) -> Tensor:
    """Over so many rows and columns (odd), of those that there are."""
    padding = (rows // 2, columns // 2)
    return functional.avg_pool2d(maps, (rows, columns), 1, padding, count_include_pad=False)


@cache
def _read(file: Path) -> Tensor:
    expected, cure = f"`projection`, of {INPUTS} columns", "give a file that training/mini.py wrote, or none"
    if not file.is_file():
        raise InputError(file, "no such file", expected, cure)
    try:
        projection = load_file(file)["projection"].float()
    except (SafetensorError, KeyError) as error:
        raise InputError(file, "another kind of file", expected, cure) from error
    if projection.shape[1:] != (INPUTS,):
        raise InputError(file, f"shape {tuple(projection.shape)}", expected, cure)
    return projection
