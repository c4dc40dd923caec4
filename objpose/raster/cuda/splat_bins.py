"""The splats of each tile, sorted by torch and the kernels of csrc/cuda/splat_bins.cu."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.raster.constants import CUDA_TILE
from objpose.raster.cuda.driver import launch_kernel
from objpose.raster.cuda.sorting import empty_keys, sort_keys
from objpose.raster.cuda.structures import PACKED_FLOATS, Blending, Held, held

MOST_ITEMS = 2**31 - 1  # the kernels count splats and pairs in 32 bits


class Bins(NamedTuple):
    """T tiles, M splats of all cameras and P pairs of both, int32.

    A rank is a splat's place in depth; its pairs have slots that stand together, where gradients are summed.
    """

    tile_ends: Tensor  # (T,) the pair behind the last of each
    rank_items: Tensor  # (M,) camera * count + splat
    rank_ends: Tensor  # (M,) the slot behind the last of each
    pair_items: Tensor  # (P,) sorted by tile and depth
    pair_slots: Tensor  # (P,)


def fill_bins(screen: Tensor, extent: Tensor, width: int, height: int) -> Tensor:
    """`Bins` in one tensor (B,); waits for the device, once, to learn how many pairs there are.

    Splats are sorted by depth, then their pairs, which stand in that order, by tile: sorts that keep the
    order of equals, so that splats of equal depth stay in their own.

    Raises:
        InputError: more splats or pairs than 32 bits count.
    """
    (cameras, count, _), device = screen.shape, screen.device
    items, size = cameras * count, (ctypes.c_int(width), ctypes.c_int(height))
    _check_number("splats times cameras", items)
    order = screen[..., 6].reshape(-1).sort(stable=True).indices
    counts = torch.empty(items, dtype=torch.int32, device=device)
    launch_kernel("count_tiles", device, items, screen, extent, order, items, *size, counts)
    ends = counts.cumsum(0)
    pairs = int(ends[-1]) if items else 0
    _check_number("pairs of a splat and a tile", pairs)
    tiles = _tile_count(cameras, width, height)
    flat = torch.empty(tiles + 2 * items + 2 * pairs, dtype=torch.int32, device=device)
    bins = unpack_bins(flat, screen, width, height)
    keys, written = empty_keys(pairs, tiles, device)
    slot_items = torch.empty(pairs, dtype=torch.int32, device=device)
    ranks = (screen, extent, order, items, count, *size, ends)
    filled = (written, slot_items, bins.rank_items, bins.rank_ends)
    launch_kernel("fill_pairs", device, items, *ranks, *filled)
    slots = sort_keys(keys, bins.tile_ends)
    launch_kernel("gather_pairs", device, pairs, slots, slot_items, pairs, bins.pair_items, bins.pair_slots)
    return flat


def unpack_bins(flat: Tensor, screen: Tensor, width: int, height: int) -> Bins:
    """Views of what `fill_bins` made of this screen."""
    cameras, count, _ = screen.shape
    tiles, items = _tile_count(cameras, width, height), cameras * count
    pairs = (len(flat) - tiles - 2 * items) // 2
    return Bins(*flat.split([tiles, items, items, pairs, pairs]))


def blending(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int, bins: Bins
) -> Held:
    """What the kernels of tiles are given."""
    cameras, count, _ = screen.shape
    packed = screen.new_empty(cameras * count, PACKED_FLOATS)
    launch_kernel("pack_splats", screen.device, len(packed), screen, extent, len(packed), packed)
    step = colors[0].numel() if len(colors) == cameras and cameras else 0
    numbers = (cameras, colors.shape[2], width, height)
    shading = (colors, background, count, step)
    return held(Blending, packed, *shading, bins.tile_ends, bins.pair_items, *numbers)


def _tile_count(cameras: int, width: int, height: int) -> int:
    return cameras * -(-width // CUDA_TILE) * -(-height // CUDA_TILE)


def _check_number(name: str, number: int) -> None:
    if number > MOST_ITEMS:
        raise InputError(name, number, f"at most {MOST_ITEMS}", "render fewer cameras at a time")
