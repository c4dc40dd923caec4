"""Splats by the CUDA core: allocates with torch, launches the kernels of csrc/cuda/splat*.cu.

The same inputs give the same bits: where threads of many blocks add to one sum, each writes its share to a
place of its own, and the shares are summed in a fixed order.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import torch
from torch import Tensor

from objpose.raster.constants import CUDA_TILE, NORMAL_TERMS, SCREEN_FIELDS, SLOPE_ROUND, SPLAT_SUMS
from objpose.raster.cuda import structures
from objpose.raster.cuda.driver import BLOCK, launch_kernel
from objpose.raster.cuda.splat_bins import blending, fill_bins, unpack_bins
from objpose.raster.cuda.structures import SLOPE_FLOATS, WARP, Argument, Held, held
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView, Walk, unpack_normal

COLOR_ROUNDS = (1, 3, 4, 8, 16)  # channels of the kernels that blend; more of them take more rounds


def project_splats(gaussians: Gaussians, view: SplatView) -> tuple[Tensor, Tensor]:
    means, shape = gaussians.means, (len(view.cam_from_world), len(gaussians.means))
    screen, extent = means.new_empty(*shape, SCREEN_FIELDS), means.new_empty(*shape, 2)
    launch_kernel(
        "project_splats", means.device, shape[0] * shape[1], _scene(gaussians, view), screen, extent
    )
    return screen, extent


def project_splats_adjoint(
    gaussians: Gaussians, view: SplatView, extent: Tensor, grad_screen: Tensor
) -> tuple[Tensor, ...]:
    means = gaussians.means
    gradients = [means.new_empty(tensor.shape) for tensor in gaussians]
    shares = _camera_shares(means, view.cam_from_world)
    arguments: tuple[Argument, ...] = (_scene(gaussians, view), extent, grad_screen, *gradients, shares)
    launch_kernel("project_splats_adjoint", means.device, len(means), *arguments)
    return *gradients, shares.sum(-1)


def shade_splats(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> Tensor:
    return _shaded(means, sh, cam_from_world, None)


def shade_splats_slopes(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (N, G, 3), and their derivatives (N, G, 3, 3) by the translation of the cameras' left twist."""
    slopes = means.new_empty(len(cam_from_world), len(means), 3, 3)
    return _shaded(means, sh, cam_from_world, slopes), slopes


def shade_splats_adjoint(
    means: Tensor, sh: Tensor, cam_from_world: Tensor, grad: Tensor
) -> tuple[Tensor, ...]:
    grad_means, grad_sh = means.new_empty(means.shape), sh.new_empty(sh.shape)
    shares = _camera_shares(means, cam_from_world)
    shaded = (_directions(means, cam_from_world), sh, grad, grad_means, grad_sh, shares)
    launch_kernel(f"shade_splats_adjoint_{sh.shape[1]}", means.device, len(means), *shaded)
    return grad_means, grad_sh, shares.sum(-1)


def blend_splats(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[tuple[Tensor, ...], Walk]:
    bins = fill_bins(screen, extent, width, height)
    tiles = _tiles(screen, extent, colors, background, width, height, bins)
    return _blend(tiles, screen, colors.shape[2], width, height, bins)


def blend_splats_adjoint(
    screen: Tensor,
    extent: Tensor,
    colors: Tensor,
    background: Tensor,
    width: int,
    height: int,
    walk: Walk,
    *gradients: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Holds 4 bytes for each pair of a tile and a splat on it, times 7 + the channels of one round."""
    device, (cameras, count, _), channels = screen.device, screen.shape, colors.shape[2]
    bins = unpack_bins(walk.bins, screen, width, height)
    tiles = _tiles(screen, extent, colors, background, width, height, walk.bins)
    grad_screen, grad_colors = screen.new_empty(screen.shape), screen.new_empty(cameras, count, channels)
    shares = _tile_shares(tiles, channels)
    for first, size in _rounds(channels):
        parts = screen.new_zeros(len(bins.pair_slots), SPLAT_SUMS + size)
        found = (*gradients, walk.last, walk.light, bins.pair_slots, parts, shares)
        back, start = held(structures.BlendGradients, *found), ctypes.c_int(first)
        launch_kernel(f"blend_splats_adjoint_{size}", device, _tile_threads(tiles), tiles, start, back)
        sums = (screen, bins.rank_items, bins.rank_ends, parts, grad_screen, grad_colors)
        launch_kernel(f"gather_gradients_{size}", device, cameras * count, tiles, start, *sums)
    shared = len(colors) != len(grad_colors)
    grad_background = shares.sum(-1).to(background.dtype)
    return grad_screen, grad_colors.sum(0, keepdim=True) if shared else grad_colors, grad_background


def splat_normal_equations(
    gaussians: Gaussians, shading: Shading, view: SplatView, images: Comparison
) -> tuple[Tensor, Tensor, Tensor]:
    device, (_, height, width, channels) = images.target.device, images.target.shape
    screen, extent = project_splats(gaussians, view)
    bins = fill_bins(screen, extent, width, height)
    tiles = _tiles(screen, extent, shading.colors, images.background, width, height, bins)
    (color, alpha, depth_sum, _), _ = _blend(tiles, screen, channels, width, height, bins)
    slopes = screen.new_empty(*screen.shape[:2], SLOPE_FLOATS)
    scene = _scene(gaussians, view)
    launch_kernel("splat_slopes_of", device, slopes.numel() // SLOPE_FLOATS, scene, extent, slopes)
    wanted = (images.target, images.depth, images.alpha, images.weights)
    losses = (ctypes.c_double * len(images.losses))(*images.losses)
    compared = held(structures.Comparison, color, alpha, depth_sum, *wanted, slopes, shading.slopes, losses)
    rounds = []
    for first in range(0, max(1, channels), SLOPE_ROUND):
        shares = _tile_shares(tiles, NORMAL_TERMS)
        arguments = (tiles, compared, shares, ctypes.c_int(first))
        launch_kernel("splat_normal", device, _tile_threads(tiles), *arguments)
        rounds.append(shares.sum(-1))
    return unpack_normal(torch.stack(rounds).sum(0))


def _shaded(means: Tensor, sh: Tensor, cam_from_world: Tensor, slopes: Tensor | None) -> Tensor:
    colors = means.new_empty(len(cam_from_world), len(means), 3)
    shaded = (_directions(means, cam_from_world), sh, colors, slopes)
    items = len(cam_from_world) * len(means)
    launch_kernel(f"shade_splats_{sh.shape[1]}", means.device, items, *shaded)
    return colors


def _blend(
    tiles: Held, screen: Tensor, channels: int, width: int, height: int, bins: Tensor
) -> tuple[tuple[Tensor, ...], Walk]:
    shape = (len(screen), height, width)
    color, last = screen.new_empty(*shape, channels), screen.new_empty(shape, dtype=torch.int32)
    alpha, depth_sum, median_depth, light = (screen.new_empty(shape) for _ in range(4))
    images = (color, alpha, depth_sum, median_depth)
    out = held(structures.Blended, *images, last, light)
    for first, size in _rounds(channels):
        start = ctypes.c_int(first)
        launch_kernel(f"blend_splats_{size}", screen.device, _tile_threads(tiles), tiles, start, out)
    return images, Walk(last, light, bins)


def _rounds(channels: int) -> Iterator[tuple[int, int]]:
    """The first channel of each round, and how many the kernel takes."""
    first = 0
    while first < max(1, channels):
        left = min(channels - first, COLOR_ROUNDS[-1])
        size = next(size for size in COLOR_ROUNDS if size >= left)
        yield first, size
        first += size


def _tiles(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int, bins: Tensor
) -> Held:
    sorted_bins = unpack_bins(bins, screen, width, height)
    return blending(screen, extent, colors, background, width, height, sorted_bins)


def _tile_shares(tiles: Held, terms: int) -> Tensor:
    """(N, terms, warps): what each warp of a camera's tiles adds to the camera's sums."""
    cameras, warps = tiles.argument.cameras, _tile_threads(tiles) // WARP
    like = tiles.tensors[0]
    return like.new_empty(cameras, terms, warps // max(1, cameras), dtype=torch.float64)


def _camera_shares(means: Tensor, cam_from_world: Tensor) -> Tensor:
    """(N, 3, 4, warps): what each warp of splats adds to the gradients of the cameras."""
    warps = -(-len(means) // BLOCK) * (BLOCK // WARP)
    return cam_from_world.new_empty(*cam_from_world.shape, warps)


def _tile_threads(tiles: Held) -> int:
    blended = tiles.argument
    rows, columns = -(-blended.height // CUDA_TILE), -(-blended.width // CUDA_TILE)
    return int(blended.cameras) * rows * columns * CUDA_TILE**2


def _scene(gaussians: Gaussians, view: SplatView) -> Held:
    cameras = (view.cam_from_world, view.K, len(view.cam_from_world))
    options = (view.near, view.width, view.height, int(view.antialias))
    return held(structures.SplatScene, *gaussians, len(gaussians.means), *cameras, *options)


def _directions(means: Tensor, cam_from_world: Tensor) -> Held:
    """A scene of which only the directions from the cameras to the splats are asked."""
    splats, cameras = (means, None, None, None, len(means)), (cam_from_world, None, len(cam_from_world))
    return held(structures.SplatScene, *splats, *cameras, 0.0, 0, 0, 0)
