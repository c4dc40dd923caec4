"""Splats by the C++ core on the CPU."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from objpose.raster.constants import NORMAL_TERMS, SCREEN_FIELDS
from objpose.raster.cpu.library import call, threads
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView, Walk, unpack_normal


def project_splats(gaussians: Gaussians, view: SplatView) -> tuple[Tensor, Tensor]:
    shape = (len(view.cam_from_world), len(gaussians.means))
    screen, extent = torch.empty(*shape, SCREEN_FIELDS), torch.empty(*shape, 2)
    call("objpose_project_splats", *_counted(gaussians), *_camera(view), threads(), screen, extent)
    return screen, extent


def project_splats_adjoint(
    gaussians: Gaussians, view: SplatView, extent: Tensor, grad_screen: Tensor
) -> tuple[Tensor, ...]:
    gradients = [_empty_like(t) for t in (*gaussians, view.cam_from_world)]
    arguments = (*_counted(gaussians), *_camera(view), extent, grad_screen, threads(), *gradients)
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
) -> tuple[tuple[Tensor, ...], Walk]:
    shape = (len(screen), height, width)
    color = torch.empty(*shape, colors.shape[2])
    alpha, depth_sum, median_depth = (torch.empty(shape) for _ in range(3))
    inputs = _blending(screen, extent, colors, background, width, height)
    call("objpose_blend_splats", *inputs, threads(), color, alpha, depth_sum, median_depth)
    # The adjoint of this core goes its own way again: it reads nothing of this.
    unread = torch.zeros(shape, dtype=torch.int32)
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
    gaussians: Gaussians, shading: Shading, view: SplatView, images: Comparison
) -> tuple[Tensor, Tensor, Tensor]:
    sums = torch.empty(len(view.cam_from_world), NORMAL_TERMS, dtype=torch.float64)
    colors = (shading.colors, _step(shading.colors, len(sums)), shading.slopes)
    channels = ctypes.c_int(shading.colors.shape[2])
    losses = torch.tensor(images.losses, dtype=torch.float64)
    scene = (*_counted(gaussians), *colors, channels, *_camera(view))
    call("objpose_splat_normal_equations", *scene, *images[:-1], losses, threads(), sums)
    return unpack_normal(sums)


def _counted(gaussians: Gaussians) -> tuple:
    return *gaussians, len(gaussians.means)


def _camera(view: SplatView) -> tuple:
    size = (ctypes.c_int(view.width), ctypes.c_int(view.height))
    options = (ctypes.c_double(view.near), ctypes.c_int(view.antialias))
    return view.cam_from_world, view.K, len(view.cam_from_world), *size, *options


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
