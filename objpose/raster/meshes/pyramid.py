"""Mip levels of a texture."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d
from torch.utils.weak import WeakIdKeyDictionary

from objpose.errors import InputError
from objpose.geometry import upload
from objpose.raster.arguments import check_tensor, once


class Pyramid(NamedTuple):
    """texels: (T, 3) uint8, level after level, finest first. sizes: (levels, 2) int32 heights and widths."""

    texels: Tensor
    sizes: Tensor


# Of textures that live: rendering one mesh many times builds its pyramid once.
_pyramids = WeakIdKeyDictionary()


def texture_pyramid(texture: Tensor) -> Pyramid:
    """Levels of halved size (box filter, down to 1 x 1) of a texture (H, W, 3) uint8."""
    if texture not in _pyramids:
        _pyramids[texture] = _build(texture)
    return _pyramids[texture]


def check_pyramid(pyramid: Pyramid, device: torch.device) -> None:
    """Raise InputError unless the levels are on the device and fill the texels."""
    check_tensor("pyramid.texels", pyramid.texels, (None, 3), device, torch.uint8)
    check_tensor("pyramid.sizes", pyramid.sizes, (None, 2), device, torch.int32)
    if type(pyramid.sizes) is not Tensor:  # traced: without values
        return
    sizes = once(pyramid.sizes, Tensor.tolist)
    if not sizes or min(map(min, sizes)) < 1 or sum(h * w for h, w in sizes) != len(pyramid.texels):
        found = f"levels of {sizes} for {len(pyramid.texels)} texels"
        raise InputError("pyramid", found, "as many as the levels have", "make it with texture_pyramid")


def _build(texture: Tensor) -> Pyramid:
    levels = [texture]
    level = texture.permute(2, 0, 1).float()
    while max(level.shape[1:]) > 1:
        level = adaptive_avg_pool2d(level, (max(1, level.shape[1] // 2), max(1, level.shape[2] // 2)))
        levels.append(level.permute(1, 2, 0).round().to(torch.uint8))
    sizes = torch.tensor([level.shape[:2] for level in levels], dtype=torch.int32)
    texels = torch.cat([level.reshape(-1, 3) for level in levels])
    return Pyramid(texels, upload(sizes, texture.device))
