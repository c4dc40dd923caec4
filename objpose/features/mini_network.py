"""The network of mini: a picture of a thing on a plain ground in, a descriptor for each cell out.

Three halvings lead to cells of 8 pixels, two more to the whole thing and back (Ronneberger et al.: U-Net,
MICCAI 2015): on plain surfaces it is the place on the thing that tells cells apart.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from objpose.raster.constants import DARKEST

WIDTHS = (24, 48, 80, 96, 96)  # channels after each halving
BLOCKS = (2, 2, 1, 1)  # on the way down, from the second halving on
DIM = 64  # of a descriptor
STRIDE = 8  # pixels between cells
COARSEST = 2 ** len(WIDTHS)  # sides of pictures are filled up to its multiples


class Block(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, planes: Tensor) -> Tensor:
        return functional.relu(planes + self.second(functional.relu(self.first(planes))))


class Halving(nn.Module):
    """To half the resolution: squares of two pixels become one, whose centre is theirs."""

    def __init__(self, before: int, after: int, side: int = 2) -> None:
        super().__init__()
        self.mix = nn.Conv2d(before, after, side, stride=2, padding=side // 2 - 1)

    def forward(self, planes: Tensor) -> Tensor:
        return functional.relu(self.mix(planes))


class Doubling(nn.Module):
    """To double the resolution, with what had been seen in it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(before, after, 1)
        self.block = Block(after)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        return self.block(functional.relu(fine + functional.interpolate(self.mix(coarse), scale_factor=2.0)))


class MiniNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        cells = [4, *WIDTHS]
        sides = (4, 2, 2, 2, 2)
        steps = zip(cells[:-1], WIDTHS, sides, strict=True)
        halvings = [Halving(before, after, side) for before, after, side in steps]
        blocks = [nn.Sequential(*(Block(width) for _ in range(count))) for width, count in _levels()]
        self.stem = nn.Sequential(halvings[0], halvings[1], blocks[0])
        self.cells = nn.Sequential(halvings[2], blocks[1])
        self.parts = nn.Sequential(halvings[3], blocks[2])
        self.whole = nn.Sequential(halvings[4], blocks[3])
        self.to_parts = Doubling(WIDTHS[4], WIDTHS[3])
        self.to_cells = Doubling(WIDTHS[3], WIDTHS[2])
        self.describe = nn.Conv2d(WIDTHS[2], DIM, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 64, h, w) unit descriptors of the cells of images (N, 3, H, W), H and W multiples of 32."""
        return self.with_whole(images)[0]

    def with_whole(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Those, and (N, 96, H / 32, W / 32) what is known of the whole thing."""
        cells = self.cells(self.stem(seen(images)))
        parts = self.parts(cells)
        whole = self.whole(parts)
        cells = self.describe(self.to_cells(self.to_parts(whole, parts), cells))
        return functional.normalize(cells.float(), dim=1), whole


def _levels() -> list[tuple[int, int]]:
    return list(zip(WIDTHS[1:], BLOCKS, strict=True))


def seen(images: Tensor) -> Tensor:
    """(N, 4, H, W) log colours, 0 in the background, and where that is not.

    The background are the pixels that equal the image's first pixel exactly.
    """
    owned = (images != images[:, :, :1, :1]).any(1, keepdim=True)
    return torch.cat([((images + DARKEST).log() + 1) * owned, owned.to(images.dtype)], dim=1)
