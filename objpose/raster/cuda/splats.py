"""Splats by the CUDA core: allocates and sorts with torch, launches the kernels of csrc/cuda/splat*.cu."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.constants import COLOR_ROUND, CUDA_TILE, NORMAL_TERMS, SCREEN_FIELDS, SLOPE_ROUND
from objpose.raster.cuda import structures
from objpose.raster.cuda.driver import launch_kernel
from objpose.raster.cuda.structures import SLOPE_FLOATS, Argument, Held, held
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView, Walk, unpack_normal


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
    gradients = [tensor.new_zeros(tensor.shape) for tensor in (*gaussians, view.cam_from_world)]
    arguments: tuple[Argument, ...] = (_scene(gaussians, view), extent, grad_screen, *gradients)
    launch_kernel("project_splats_adjoint", means.device, len(means), *arguments)
    return tuple(gradients)


def shade_splats(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> Tensor:
    return _shaded(means, sh, cam_from_world, None)


def shade_splats_slopes(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (N, G, 3), and their derivatives (N, G, 3, 3) by the translation of the cameras' left twist."""
    slopes = means.new_empty(len(cam_from_world), len(means), 3, 3)
    return _shaded(means, sh, cam_from_world, slopes), slopes


def shade_splats_adjoint(
    means: Tensor, sh: Tensor, cam_from_world: Tensor, grad: Tensor
) -> tuple[Tensor, ...]:
    gradients = [tensor.new_zeros(tensor.shape) for tensor in (means, sh, cam_from_world)]
    seen = (_directions(means, cam_from_world), sh, ctypes.c_int(sh.shape[1]))
    launch_kernel("shade_splats_adjoint", means.device, len(means), *seen, grad, *gradients)
    return tuple(gradients)


def blend_splats(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[tuple[Tensor, ...], Walk]:
    shape = (len(screen), height, width)
    color = screen.new_empty(*shape, colors.shape[2])
    alpha, depth_sum, median_depth = (screen.new_empty(shape) for _ in range(3))
    tiles = _tiles(screen, extent, colors, background, width, height)
    _blend(tiles, color, [alpha, depth_sum, median_depth])
    unread = torch.zeros_like(alpha, dtype=torch.int32)
    return (color, alpha, depth_sum, median_depth), Walk(unread, 1 - alpha, unread.new_empty(0))


def blend_splats_adjoint(
    screen: Tensor,
    extent: Tensor,
    colors: Tensor,
    background: Tensor,
    width: int,
    height: int,
    _: Walk,
    *gradients: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    grad_colors = screen.new_zeros(*screen.shape[:2], colors.shape[2])
    outputs = (screen.new_zeros(screen.shape), grad_colors, background.new_zeros(background.shape))
    tiles = _tiles(screen, extent, colors, background, width, height)
    back = held(structures.BlendGradients, *gradients, *outputs)
    launch_kernel("blend_splats_adjoint", screen.device, _tile_threads(tiles), tiles, back)
    shared = len(colors) != len(grad_colors)
    return outputs[0], grad_colors.sum(0, keepdim=True) if shared else grad_colors, outputs[2]


def splat_normal_equations(
    gaussians: Gaussians, shading: Shading, view: SplatView, images: Comparison
) -> tuple[Tensor, Tensor, Tensor]:
    device, (cameras, height, width, channels) = images.target.device, images.target.shape
    screen, extent = project_splats(gaussians, view)
    tiles = _tiles(screen, extent, shading.colors, images.background, width, height)
    color = torch.empty_like(images.target, memory_format=torch.contiguous_format)
    others = [screen.new_empty(cameras, height, width) for _ in range(3)]
    _blend(tiles, color, others)
    slopes = screen.new_empty(*screen.shape[:2], SLOPE_FLOATS)
    scene = _scene(gaussians, view)
    launch_kernel("splat_slopes_of", device, slopes.numel() // SLOPE_FLOATS, scene, extent, slopes)
    sums = torch.zeros(cameras, NORMAL_TERMS, dtype=torch.float64, device=device)
    losses = torch.tensor(images.losses, dtype=torch.float64, device=device)
    wanted = (images.target, images.depth, images.alpha, images.weights)
    compared = held(structures.Comparison, color, *others[:2], *wanted, slopes, shading.slopes, losses)
    for first in range(0, channels, SLOPE_ROUND):
        launch_kernel(
            "splat_normal", device, _tile_threads(tiles), tiles, compared, sums, ctypes.c_int(first)
        )
    return unpack_normal(sums)


def _shaded(means: Tensor, sh: Tensor, cam_from_world: Tensor, slopes: Tensor | None) -> Tensor:
    colors = means.new_empty(len(cam_from_world), len(means), 3)
    seen = (_directions(means, cam_from_world), sh, ctypes.c_int(sh.shape[1]))
    launch_kernel("shade_splats", means.device, len(cam_from_world) * len(means), *seen, colors, slopes)
    return colors


def _blend(tiles: Held, color: Tensor, others: list[Tensor]) -> None:
    for first in range(0, max(1, color.shape[-1]), COLOR_ROUND):
        images: tuple[Argument, ...] = (ctypes.c_int(first), color, *others)
        launch_kernel("blend_splats", color.device, _tile_threads(tiles), tiles, *images)


def _tiles(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> Held:
    """The splats of each tile, sorted by depth."""
    (cameras, count, _), device = screen.shape, screen.device
    items, size = cameras * count, (ctypes.c_int(width), ctypes.c_int(height))
    touched = torch.zeros(items, dtype=torch.int64, device=device)
    launch_kernel("count_tiles", device, items, screen, extent, items, *size, touched)
    ends = touched.cumsum(0)
    pairs = int(ends[-1]) if items else 0
    keys = torch.empty(pairs, dtype=torch.int64, device=device)
    pair_splats = torch.empty(pairs, dtype=torch.int32, device=device)
    launch_kernel("fill_pairs", device, items, screen, extent, cameras, count, *size, ends, keys, pair_splats)
    keys, order = keys.sort(stable=True)
    pair_splats = pair_splats[order]
    tiles = cameras * -(-width // CUDA_TILE) * -(-height // CUDA_TILE)
    ranges = torch.zeros(tiles, 2, dtype=torch.int64, device=device)
    launch_kernel("find_ranges", device, pairs, keys, pairs, ranges)
    step = colors[0].numel() if len(colors) == cameras and cameras else 0
    numbers = (cameras, colors.shape[2], width, height)
    shading = (colors, background, count, step)
    return held(structures.Blending, screen, *shading, pair_splats, ranges, *numbers)


def _tile_threads(tiles: Held) -> int:
    return tiles.tensors[-1].shape[0] * CUDA_TILE**2


def _scene(gaussians: Gaussians, view: SplatView) -> Held:
    cameras = (view.cam_from_world, view.K, len(view.cam_from_world))
    options = (view.near, view.width, view.height, int(view.antialias))
    return held(structures.SplatScene, *gaussians, len(gaussians.means), *cameras, *options)


def _directions(means: Tensor, cam_from_world: Tensor) -> Held:
    """A scene of which only the directions from the cameras to the splats are asked."""
    splats, cameras = (means, None, None, None, len(means)), (cam_from_world, None, len(cam_from_world))
    return held(structures.SplatScene, *splats, *cameras, 0.0, 0, 0, 0)
