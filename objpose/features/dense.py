"""Dense descriptors: a map of descriptors on a regular grid of cells over an image, and who makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import bilinear


@dataclass(frozen=True, eq=False)
class FeatureMap:
    descriptors: Tensor  # (N, h, w, D) float32
    stride: float  # pixels between cell centres
    origin: float  # column and row (pixel centres at integers) of the centre of cell (0, 0)
    seconds: float  # what it cost

    def centres(self) -> Tensor:
        """(h, w, 2) column and row of the centre of every cell, pixels."""
        height, width = self.descriptors.shape[1:3]
        device = self.descriptors.device
        row = self.origin + self.stride * torch.arange(height, device=device, dtype=torch.float32)
        column = self.origin + self.stride * torch.arange(width, device=device, dtype=torch.float32)
        return torch.stack([column.expand(height, width), row[:, None].expand(height, width)], dim=-1)

    def sample(self, pixels: Tensor) -> Tensor:
        """(N, P, D) descriptors at (column, row) pixels (N, P, 2).

        Bilinear between the cell centres; beyond the outermost centres the border's value.
        """
        cells = (pixels - self.origin) / self.stride
        return bilinear(self.descriptors.permute(0, 3, 1, 2), cells, "border").transpose(1, 2)


class DenseFeatures(Protocol):
    """What turns images into feature maps."""

    @property
    def name(self) -> str:
        """Of method, layer and weights: stored templates and cached maps are bound to it."""
        ...

    @property
    def stride(self) -> int:
        """Pixels between cell centres."""
        ...

    @property
    def dim(self) -> int:
        """Of a descriptor."""
        ...

    def __call__(self, images: Tensor) -> FeatureMap:
        """The maps of images (N, 3, H, W), float32 RGB in [0, 1]; InputError for any other shape."""
        ...


def check_images(images: Tensor, least: int) -> None:
    """Raise InputError unless `images` are (N, 3, H, W) floats of at least `least` pixels a side."""
    if images.ndim != 4 or images.shape[1] != 3 or not images.is_floating_point():
        raise InputError(
            "images",
            f"shape {tuple(images.shape)} of {images.dtype}",
            "(N, 3, H, W) floating-point RGB in [0, 1]",
            "permute the axes and divide 8-bit images by 255",
        )
    if min(images.shape[2:]) < least:
        raise InputError(
            "images",
            f"{images.shape[3]} x {images.shape[2]} pixels",
            f"at least {least} x {least}",
            "crop or resize to a larger image",
        )
