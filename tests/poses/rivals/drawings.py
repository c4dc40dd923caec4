"""Drawings without a mesh: discs before a wall, prints on a plane, and the crop a camera makes of them."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import Camera

SIZE = 64
CAMERA = Camera.from_K([300.0, 0, 31.5, 0, 300.0, 31.5, 0, 0, 1], SIZE, SIZE)
DIAMETER, DISTANCE, WALL = 0.1, 0.5, 0.9  # metres
WHITE = 0.8


def disc(radius: float = 20.0, column: float = 31.5) -> Tensor:
    """(S, S) bool."""
    row, place = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    return (place - column) ** 2 + (row - 31.5) ** 2 < radius**2


def drawn(shape: Tensor, distance: float = DISTANCE) -> Tensor:
    """(1, S, S) metres, of a shape (S, S) that slopes by a tenth of its distance over the crop."""
    slope = 1 + 0.1 * (torch.arange(SIZE) / SIZE - 0.5)
    return (shape * distance * slope)[None]


def crop_of(mask: Tensor, depth: Tensor | None = None, rgb: Tensor | None = None) -> Crop:
    """What is seen in place of drawn depth (1, S, S): the wall wherever that is 0."""
    depth = drawn(mask) if depth is None else depth
    measured = torch.where(depth[0] > 0, depth[0], WALL)
    rgb = torch.full((SIZE, SIZE, 3), 0.5) if rgb is None else rgb
    return Crop(rgb, measured, mask, torch.ones_like(mask), CAMERA)


def blank() -> Tensor:
    return torch.full((SIZE, SIZE, 3), WHITE)


def letters(seed: int, ink: float = 0.15, count: int = 12) -> Tensor:
    """(S, S, 3) white, with strokes of a few pixels in its middle."""
    page, generator = blank(), torch.Generator().manual_seed(seed)
    for _ in range(count):
        left, top = torch.randint(20, 42, (2,), generator=generator).tolist()
        wide, high = ((2, 7), (7, 2))[int(torch.randint(2, (), generator=generator))]
        page[top : top + high, left : left + wide] = ink
    return page


def noise(sigma: float, seed: int = 0) -> Tensor:
    return sigma * torch.randn(SIZE, SIZE, 3, generator=torch.Generator().manual_seed(seed))
