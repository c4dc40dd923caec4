"""Splats by the C++ core on the CPU."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.cpu_core import call, threads

TWIST = 6
NORMAL_TERMS = (
    28  # as in csrc/splat_robust.h: the upper triangle of the normal matrix, the gradient, the cost
)


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
    screen, extent = torch.empty(*shape, 7), torch.empty(*shape, 2)
    gaussians = (means, wxyz, scales, opacities, len(means))
    camera = _camera(cam_from_world, K, width, height, near, antialias)
    call("objpose_project_splats", *gaussians, *camera, threads(), screen, extent)
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
    gradients = [_empty_like(t) for t in (*gaussians, cam_from_world)]
    camera = _camera(cam_from_world, K, width, height, near, antialias)
    arguments = (*gaussians, len(means), *camera, extent, grad_screen, threads(), *gradients)
    call("objpose_project_splats_adjoint", *arguments)
    return tuple(gradients)


def shade_splats(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> Tensor:
    colors = torch.empty(len(cam_from_world), len(means), 3)
    call("objpose_shade_splats", *_harmonics(means, sh, cam_from_world), threads(), colors, None)
    return colors


def shade_splats_slopes(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (N, G, 3), and their derivatives (N, G, 3, 3) by the translation of the cameras' left twist."""
    colors = torch.empty(len(cam_from_world), len(means), 3)
    slopes = torch.empty(*colors.shape, 3)
    call("objpose_shade_splats", *_harmonics(means, sh, cam_from_world), threads(), colors, slopes)
    return colors, slopes


def shade_splats_adjoint(
    means: Tensor, sh: Tensor, cam_from_world: Tensor, grad: Tensor
) -> tuple[Tensor, ...]:
    gradients = [_empty_like(t) for t in (means, sh, cam_from_world)]
    arguments = (*_harmonics(means, sh, cam_from_world), grad, threads(), *gradients)
    call("objpose_shade_splats_adjoint", *arguments)
    return tuple(gradients)


def blend_splats(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape = (len(screen), height, width)
    color = torch.empty(*shape, colors.shape[2])
    others = [torch.empty(shape) for _ in range(3)]
    inputs = _blending(screen, extent, colors, background, width, height)
    call("objpose_blend_splats", *inputs, threads(), color, *others)
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
    grad_screen, grad_background = _empty_like(screen), _empty_like(background)
    grad_colors = torch.empty(*screen.shape[:2], colors.shape[2])
    inputs = _blending(screen, extent, colors, background, width, height)
    outputs = (grad_screen, grad_colors, grad_background)
    call("objpose_blend_splats_adjoint", *inputs, *gradients, threads(), *outputs)
    if len(colors) != len(grad_colors):
        # One camera after the other: the order of torch's own sums depends on its threads.
        total = torch.zeros_like(colors)
        for part in grad_colors:
            total += part
        grad_colors = total
    return grad_screen, grad_colors, grad_background


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
    sums = torch.empty(len(cam_from_world), NORMAL_TERMS, dtype=torch.float64)
    gaussians = (means, wxyz, scales, opacities, len(means))
    channels = ctypes.c_int(colors.shape[2])
    camera = _camera(cam_from_world, K, target.shape[2], target.shape[1], near, antialias)
    images = (background, target, target_depth, target_alpha, weights)
    losses = torch.tensor(losses, dtype=torch.float64)
    shading = (colors, _step(colors, len(cam_from_world)), color_slopes, channels)
    call("objpose_splat_normal_equations", *gaussians, *shading, *camera, *images, losses, threads(), sums)
    return unpack_normal(sums)


def unpack_normal(sums: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sums (N, NORMAL_TERMS) as normal matrices (N, 6, 6), gradients (N, 6) and costs (N,)."""
    upper, gradient, cost = sums.split([NORMAL_TERMS - TWIST - 1, TWIST, 1], 1)
    rows, columns = torch.triu_indices(TWIST, TWIST)
    normal = sums.new_empty(len(sums), TWIST, TWIST)
    normal[:, rows, columns] = upper
    normal[:, columns, rows] = upper
    return normal, gradient.clone(), cost[:, 0].clone()


def _camera(
    cam_from_world: Tensor, K: Tensor, width: int, height: int, near: float, antialias: bool
) -> tuple:
    size = (ctypes.c_int(width), ctypes.c_int(height))
    options = (ctypes.c_double(near), ctypes.c_int(antialias))
    return cam_from_world, K, len(cam_from_world), *size, *options


def _harmonics(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> tuple:
    return means, len(means), sh, ctypes.c_int(sh.shape[1]), cam_from_world, len(cam_from_world)


def _blending(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple:
    channels = ctypes.c_int(colors.shape[2])
    shading = (colors, _step(colors, len(screen)), channels, background)
    return screen, extent, *screen.shape[:2], *shading, ctypes.c_int(width), ctypes.c_int(height)


def _step(colors: Tensor, cameras: int) -> int:
    """Floats from one camera's colours to the next one's."""
    return colors[0].numel() if len(colors) == cameras and cameras else 0


def _empty_like(tensor: Tensor) -> Tensor:
    """Contiguous, whatever the tensor is."""
    return tensor.new_empty(tensor.shape)
