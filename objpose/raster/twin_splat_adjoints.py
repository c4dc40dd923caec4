"""Adjoints of the splat ops in plain torch: autograd of the twins."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from objpose.raster import twin_splats


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
    def forward(*inputs: Tensor) -> tuple[Tensor, ...]:
        return twin_splats.project_splats(*inputs, K, width, height, near, antialias)[:1]

    return _adjoint(forward, (means, wxyz, scales, opacities, cam_from_world), (grad_screen,))


def shade_splats_adjoint(
    means: Tensor, sh: Tensor, cam_from_world: Tensor, grad: Tensor
) -> tuple[Tensor, ...]:
    return _adjoint(
        lambda *inputs: (twin_splats.shade_splats(*inputs),), (means, sh, cam_from_world), (grad,)
    )


def blend_splats_adjoint(
    screen: Tensor,
    extent: Tensor,
    colors: Tensor,
    background: Tensor,
    width: int,
    height: int,
    *gradients: Tensor,
) -> tuple[Tensor, ...]:
    def forward(screen: Tensor, colors: Tensor, background: Tensor) -> tuple[Tensor, ...]:
        return twin_splats.blend_splats(screen, extent, colors, background, width, height)

    return _adjoint(forward, (screen, colors, background), gradients)


def _adjoint(
    forward: Callable[..., tuple[Tensor, ...]], inputs: tuple[Tensor, ...], gradients: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    # Not torch.autograd.grad: inside a custom op nothing is recorded.
    _, pull = torch.func.vjp(forward, *(tensor.detach() for tensor in inputs))
    return tuple(gradient.clone() for gradient in pull(gradients))
