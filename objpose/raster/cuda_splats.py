"""Splats by the CUDA core: allocates and sorts with torch, launches the kernels of csrc/splat_cuda*.cu."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.raster.cpu_splats import NORMAL_TERMS, unpack_normal
from objpose.raster.cuda_core import launch_kernel

TILE = 16  # as CUDA_TILE in csrc/cuda_splat_tiles.h
TILE_THREADS = TILE * TILE
COLOR_ROUND = 4  # colours a launch blends, as in csrc/splat_cuda_blend.cu
SLOPE_ROUND = 3
SLOPE_FLOATS = 42  # of SplatSlopes in csrc/splat_slopes.h


class _Scene(ctypes.Structure):
    """SplatScene in splat_cuda.cu."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("means", "wxyz", "scales", "opacities")),
        ("count", ctypes.c_longlong),
        ("cam_from_world", ctypes.c_void_p),
        ("K", ctypes.c_void_p),
        ("cameras", ctypes.c_longlong),
        ("near_depth", ctypes.c_double),
        *((name, ctypes.c_int) for name in ("width", "height", "antialias")),
    ]


class _Blending(ctypes.Structure):
    """Blending in cuda_splat_tiles.h."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("screen", "colors", "background")),
        ("count", ctypes.c_longlong),
        ("color_step", ctypes.c_longlong),
        ("pair_splats", ctypes.c_void_p),
        ("ranges", ctypes.c_void_p),
        ("cameras", ctypes.c_longlong),
        *((name, ctypes.c_int) for name in ("channels", "width", "height")),
    ]


class _Pointers(ctypes.Structure):
    """Gradients, and Comparison, in splat_cuda_blend.cu: nothing but pointers."""

    _fields_ = [("pointers", ctypes.c_void_p * 10)]


class _Held(NamedTuple):
    """An argument of kernels, and the tensors it points to, which must live until the launch."""

    argument: ctypes.Structure
    tensors: tuple[Tensor | None, ...]


def project_splats(
    means: Tensor,
    wxyz: Tensor,
    scales: Tensor,
    opacities: Tensor,
    cam_from_world: Tensor,
    K: Tensor,
    width: int,
    height: int,
    near: float,
    antialias: bool,
) -> tuple[Tensor, Tensor]:
    shape = (len(cam_from_world), len(means))
    screen, extent = means.new_empty(*shape, 7), means.new_empty(*shape, 2)
    camera = (cam_from_world, K, width, height, near, antialias)
    scene = _scene((means, wxyz, scales, opacities), *camera)
    launch_kernel("project_splats", means.device, shape[0] * shape[1], scene.argument, screen, extent)
    return screen, extent


def project_splats_adjoint(
    means: Tensor,
    wxyz: Tensor,
    scales: Tensor,
    opacities: Tensor,
    cam_from_world: Tensor,
    K: Tensor,
    width: int,
    height: int,
    near: float,
    antialias: bool,
    extent: Tensor,
    grad_screen: Tensor,
) -> tuple[Tensor, ...]:
    gaussians = (means, wxyz, scales, opacities)
    gradients = [tensor.new_zeros(tensor.shape) for tensor in (*gaussians, cam_from_world)]
    scene = _scene(gaussians, cam_from_world, K, width, height, near, antialias)
    arguments = (scene.argument, extent, grad_screen, *gradients)
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
    scene = _scene((means, None, None, None), cam_from_world, None, 0, 0, 0.0, False)
    arguments = (scene.argument, sh, ctypes.c_int(sh.shape[1]), grad, *gradients)
    launch_kernel("shade_splats_adjoint", means.device, len(means), *arguments)
    return tuple(gradients)


def blend_splats(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape = (len(screen), height, width)
    color = screen.new_empty(*shape, colors.shape[2])
    others = [screen.new_empty(shape) for _ in range(3)]
    tiles = _tiles(screen, extent, colors, background, width, height)
    _blend(tiles, color, others)
    return color, *others


def blend_splats_adjoint(
    screen: Tensor,
    extent: Tensor,
    colors: Tensor,
    background: Tensor,
    width: int,
    height: int,
    *gradients: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    grad_colors = screen.new_zeros(*screen.shape[:2], colors.shape[2])
    outputs = (torch.zeros_like(screen), grad_colors, torch.zeros_like(background))
    tiles = _tiles(screen, extent, colors, background, width, height)
    held = _pointers(*gradients, *outputs)
    launch_kernel("blend_splats_adjoint", screen.device, _tile_threads(tiles), tiles.argument, held.argument)
    shared = len(colors) != len(grad_colors)
    return outputs[0], grad_colors.sum(0, keepdim=True) if shared else grad_colors, outputs[2]


def splat_normal_equations(
    means: Tensor,
    wxyz: Tensor,
    scales: Tensor,
    opacities: Tensor,
    colors: Tensor,
    color_slopes: Tensor | None,
    cam_from_world: Tensor,
    K: Tensor,
    near: float,
    antialias: bool,
    background: Tensor,
    target: Tensor,
    target_depth: Tensor | None,
    target_alpha: Tensor | None,
    weights: Tensor | None,
    losses: list[float],
) -> tuple[Tensor, Tensor, Tensor]:
    device, (cameras, height, width, channels) = means.device, target.shape
    gaussians = (means, wxyz, scales, opacities)
    camera = (cam_from_world, K, width, height, near, antialias)
    screen, extent = project_splats(*gaussians, *camera)
    tiles = _tiles(screen, extent, colors, background, width, height)
    color = torch.empty_like(target, memory_format=torch.contiguous_format)
    others = [screen.new_empty(cameras, height, width) for _ in range(3)]
    _blend(tiles, color, others)
    slopes = screen.new_empty(*screen.shape[:2], SLOPE_FLOATS)
    scene = _scene(gaussians, *camera)
    launch_kernel("splat_slopes_of", device, slopes.numel() // SLOPE_FLOATS, scene.argument, extent, slopes)
    sums = torch.zeros(cameras, NORMAL_TERMS, dtype=torch.float64, device=device)
    numbers = torch.tensor(losses, dtype=torch.float64, device=device)
    wanted = (target, target_depth, target_alpha, weights)
    held = _pointers(color, *others[:2], *wanted, slopes, color_slopes, numbers)
    for first in range(0, channels, SLOPE_ROUND):
        arguments = (tiles.argument, held.argument, sums, ctypes.c_int(first))
        launch_kernel("splat_normal", device, _tile_threads(tiles), *arguments)
    return unpack_normal(sums)


def _shaded(means: Tensor, sh: Tensor, cam_from_world: Tensor, slopes: Tensor | None) -> Tensor:
    colors = means.new_empty(len(cam_from_world), len(means), 3)
    scene = _scene((means, None, None, None), cam_from_world, None, 0, 0, 0.0, False)
    arguments = (scene.argument, sh, ctypes.c_int(sh.shape[1]), colors, slopes)
    launch_kernel("shade_splats", means.device, len(cam_from_world) * len(means), *arguments)
    return colors


def _blend(tiles: _Held, color: Tensor, others: list[Tensor]) -> None:
    for first in range(0, max(1, color.shape[-1]), COLOR_ROUND):
        arguments = (tiles.argument, ctypes.c_int(first), color, *others)
        launch_kernel("blend_splats", color.device, _tile_threads(tiles), *arguments)


def _tiles(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> _Held:
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
    tiles = cameras * -(-width // TILE) * -(-height // TILE)
    ranges = torch.zeros(tiles, 2, dtype=torch.int64, device=device)
    launch_kernel("find_ranges", device, pairs, keys, pairs, ranges)
    tensors = [t.contiguous() for t in (screen, colors, background, pair_splats, ranges)]
    step = colors[0].numel() if len(colors) == cameras and cameras else 0
    pointers = [tensor.data_ptr() for tensor in tensors]
    numbers = (cameras, colors.shape[2], width, height)
    return _Held(_Blending(*pointers[:3], count, step, *pointers[3:], *numbers), tuple(tensors))


def _tile_threads(tiles: _Held) -> int:
    return tiles.tensors[-1].shape[0] * TILE_THREADS


def _scene(
    gaussians: tuple[Tensor | None, ...],
    cam_from_world: Tensor,
    K: Tensor | None,
    width: int,
    height: int,
    near: float,
    antialias: bool,
) -> _Held:
    tensors = tuple(None if t is None else t.contiguous() for t in (*gaussians, cam_from_world, K))
    *splats, camera, intrinsics = (None if t is None else t.data_ptr() for t in tensors)
    views = (len(cam_from_world), near, width, height, int(antialias))
    return _Held(_Scene(*splats, len(gaussians[0]), camera, intrinsics, *views), tensors)


def _pointers(*tensors: Tensor | None) -> _Held:
    tensors = tuple(None if tensor is None else tensor.contiguous() for tensor in tensors)
    addresses = [None if tensor is None else tensor.data_ptr() for tensor in tensors]
    return _Held(_Pointers((ctypes.c_void_p * 10)(*addresses)), tensors)
