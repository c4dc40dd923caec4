"""The default dense descriptor, which needs no download: gradient orientations, hue and outline.

The first part is SIFT's histogram (Lowe, IJCV 2004) on a regular grid with RootSIFT's normalisation
(Arandjelovic and Zisserman, CVPR 2012) and half-rectified directional derivatives in place of angles (as in
DAISY: Tola, Lepetit, Fua, PAMI 2010), taken of log brightness, so that a change of light leaves it alone. The
second is log-chroma, compressed so that hue counts and saturation hardly does: renderers and cameras agree on
the one and not on the other. The third is how much of the object lies on which side of the cell: it tells
apart the places of a plain surface. All pooling is two small matrix products, one along each side.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.features.appearance import log_chroma
from objpose.features.dense import FeatureMap, check_images
from objpose.geometry import resized_pixels, upload
from objpose.raster.constants import DARKEST

GRADIENT_FLOOR = 0.02  # log brightness per pixel, mean of a window: what noise leaves on a plain surface
SATURATION = 0.3  # log chroma beyond which a colour counts for its hue
LEAST_SHARE = 0.05  # of a pooling window that must be object for its mean colour to count in full
COLOR_CENTRES = (
    (0.0, 0.0),
    (-0.75, -0.75),
    (-0.75, 0.75),
    (0.75, -0.75),
    (0.75, 0.75),
)  # strides from the cell
OUTLINE_STEPS = (-4.0, -2.0, 0.0, 2.0, 4.0)  # bins from the cell, along rows and columns
BATCH_PIXELS = 200_000  # at once: the orientation planes stay in the cache


@dataclass(frozen=True)
class PatchDescriptor:
    stride: int = 8  # pixels between cell centres
    orientations: int = 8
    bins: int = 4  # spatial bins of a histogram along each side
    bin_side: float = 8.0  # pixels of such a bin; hue and outline are pooled in proportion
    hue_weight: float = 0.4  # of a full hue against a histogram of unit length
    outline_weight: float = 0.2  # of a square of the outline, all object against all background, likewise

    @property
    def name(self) -> str:
        settings = asdict(self).values()
        return "patches-4-" + "-".join(map(str, settings))

    @property
    def dim(self) -> int:
        return self.orientations * self.bins**2 + 2 * len(COLOR_CENTRES) + len(OUTLINE_STEPS) ** 2

    def __call__(self, images: Tensor) -> FeatureMap:
        """One cell for every whole `stride` x `stride` square of images (N, 3, H, W), centred in it.

        Pixels that equal the image's first pixel exactly are taken for a constant background: its colour and
        the edge between it and the object are not described, its outline is.

        Raises:
            InputError: another shape and images smaller than one cell.
        """
        check_images(images, self.stride)
        start = time.perf_counter()
        count = max(1, BATCH_PIXELS // (images.shape[2] * images.shape[3]))
        maps = [self._describe(batch) for batch in images.float().split(count)]
        empty = images.new_empty(
            (0, images.shape[2] // self.stride, images.shape[3] // self.stride, self.dim)
        )
        descriptors = torch.cat(maps) if maps else empty.float()
        return FeatureMap(descriptors, self.stride, (self.stride - 1) / 2, time.perf_counter() - start)

    def _describe(self, images: Tensor) -> Tensor:
        owned = (images != images[:, :, :1, :1]).any(1, keepdim=True).float()
        parts = [self._histograms(images, owned), self._hues(images, owned), self._outline(owned)]
        return torch.cat(parts, dim=-1)

    def _histograms(self, images: Tensor, owned: Tensor) -> Tensor:
        """(N, h, w, bins^2 * orientations) root of the share of each bin and orientation in the window."""
        planes = _directional((images + DARKEST).log().mean(1, keepdim=True), owned, self.orientations)
        steps = self.bin_side * (torch.arange(self.bins) - (self.bins - 1) / 2)
        pooled = _around(planes, self._centres(images), steps, self.bin_side)
        flat = pooled.permute(0, 2, 3, 4, 5, 1).flatten(3)
        total = flat.sum(-1, keepdim=True) + GRADIENT_FLOOR * self.bins**2
        return (flat / total).sqrt()

    def _hues(self, images: Tensor, owned: Tensor) -> Tensor:
        """(N, h, w, 10) compressed log chroma of the cell and of four squares around it."""
        chroma = log_chroma(images.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        hue = self.hue_weight * chroma / (chroma.norm(dim=1, keepdim=True) + SATURATION)
        planes = torch.cat([hue * owned, owned], dim=1)
        rows, columns = self._centres(images)
        means = []
        for down, right in COLOR_CENTRES:
            pooled = _pool(
                planes, rows + down * self.bin_side, columns + right * self.bin_side, self.bin_side
            )
            means.append(pooled[:, :2] / pooled[:, 2:].clamp_min(LEAST_SHARE))
        return torch.cat(means, dim=1).permute(0, 2, 3, 1)

    def _outline(self, owned: Tensor) -> Tensor:
        """(N, h, w, 25) share of the object in overlapping squares in and around the cell."""
        steps = self.bin_side * torch.tensor(OUTLINE_STEPS)
        shares = _around(self.outline_weight * owned, self._centres(owned), steps, 2 * self.bin_side)
        return shares[:, 0].flatten(3)

    def _centres(self, images: Tensor) -> list[Tensor]:
        """Rows and columns of the cells' centres."""
        return [resized_pixels(torch.arange(n // self.stride), self.stride) for n in images.shape[2:]]


def _directional(brightness: Tensor, owned: Tensor, count: int) -> Tensor:
    """(N, count, H, W) the gradient's share along each of `count` directions, inside the object."""
    inside = -functional.max_pool2d(-owned, 3, stride=1, padding=1)
    padded = functional.pad(brightness, (1, 1, 1, 1), mode="replicate")
    dx = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2 * inside
    dy = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2 * inside
    angle = torch.arange(count, device=brightness.device) * (2 * math.pi / count)
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    along = torch.addcmul(dx * cos, dy, sin).relu_()
    # The square of the cosine to each direction: the shares' sum does not depend on an edge's own.
    return along.square_() / (dx.square() + dy.square() + 1e-12).sqrt()


def _around(planes: Tensor, centres: list[Tensor], steps: Tensor, reach: float) -> Tensor:
    """(N, C, h, w, K, K) pooled planes at `steps` (K,) along rows and columns from each cell's centre."""
    rows, columns = ((axis[:, None] + steps).flatten() for axis in centres)
    pooled = _pool(planes, rows, columns, reach)
    return pooled.unflatten(3, (-1, len(steps))).unflatten(2, (-1, len(steps))).transpose(3, 4)


def _pool(planes: Tensor, rows: Tensor, columns: Tensor, reach: float) -> Tensor:
    """(N, C, R, S) triangle-weighted means of planes (N, C, H, W) around each (row, column) centre."""
    sizes = (rows, planes.shape[2]), (columns, planes.shape[3])
    along_rows, along_columns = (
        upload(_triangles(centres, size, reach).to(planes.dtype), planes.device) for centres, size in sizes
    )
    return along_rows @ (planes @ along_columns.T)


def _triangles(centres: Tensor, size: int, reach: float) -> Tensor:
    """(K, size) weights of sum 1: triangles of half-width `reach` about the centres, border replicated."""
    offset = torch.arange(math.floor(-reach), math.ceil(reach) + 1)
    pixel = centres.round()[:, None] + offset
    weight = (1 - (pixel - centres[:, None]).abs() / reach).clamp_min(0)
    weights = torch.zeros(len(centres), size)
    weights.scatter_add_(1, pixel.long().clamp(0, size - 1), weight)
    return weights / weights.sum(1, keepdim=True)
