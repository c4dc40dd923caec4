"""Adjoints of the splat ops in plain torch: autograd of the twins."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from objpose.raster.splats.bundles import Gaussians, SplatView, Walk
from objpose.raster.twin import splat_images


def project_splats_adjoint(
    gaussians: Gaussians, view: SplatView, extent: Tensor, grad_screen: Tensor
) -> tuple[Tensor, ...]:
    def forward(*inputs: Tensor) -> tuple[Tensor, ...]:
        *splats, cam_from_world = inputs
        moved = view._replace(cam_from_world=cam_from_world)
        return splat_images.project_splats(Gaussians(*splats), moved)[:1]

    return _adjoint(forward, (*gaussians, view.cam_from_world), (grad_screen,))


def shade_splats_adjoint(
    means: Tensor, sh: Tensor, cam_from_world: Tensor, grad: Tensor
) -> tuple[Tensor, ...]:
    return _adjoint(
        lambda *inputs: (splat_images.shade_splats(*inputs),), (means, sh, cam_from_world), (grad,)
    )


def blend_splats_adjoint(
    screen: Tensor,
    extent: Tensor,
    colors: Tensor,
    background: Tensor,
    width: int,
    height: int,
    _: Walk,
    *gradients: Tensor,
) -> tuple[Tensor, ...]:
    def forward(screen: Tensor, colors: Tensor, background: Tensor) -> tuple[Tensor, ...]:
        return splat_images.blend_splats(screen, extent, colors, background, width, height)[0]

    return _adjoint(forward, (screen, colors, background), gradients)


def _adjoint(
    forward: Callable[..., tuple[Tensor, ...]], inputs: tuple[Tensor, ...], gradients: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    # Not torch.autograd.grad: inside a custom op nothing is recorded.
    _, pull = torch.func.vjp(forward, *(tensor.detach() for tensor in inputs))[:2]
    return tuple(gradient.clone(memory_format=torch.contiguous_format) for gradient in pull(gradients))
