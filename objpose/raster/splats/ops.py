"""The stages of splat rendering as torch custom ops with fake kernels and gradients, as `meshes/ops.py`.

Arguments are those that `stages.py` has validated; each op has a twin of its name in `twin/splats.py`. An op
takes tensors and numbers one by one; the functions of the same names at the end take them as every core does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.library import custom_op

from objpose.raster.backends import backend_for
from objpose.raster.constants import SCREEN_FIELDS, TWIST
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView, Walk


def waiting_op(name: str) -> Callable[[Callable[..., Any]], Any]:
    """A custom op that waits for the GPU (for how many pairs of splats and tiles there are, to hold them).

    No CUDA graph may record it: torch.compile cuts its graphs there, if torch knows the tag (from 2.9 on).
    """
    unsafe = getattr(torch.Tag, "cudagraph_unsafe", None)
    tags: dict[str, Any] = {} if unsafe is None else {"tags": (unsafe,)}
    return custom_op(name, mutates_args=(), **tags)


@custom_op("objpose::project_splats", mutates_args=())
def project_splats_op(
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
    """Splats on the screen (N, G, 7), and the extents (N, G, 2) of their boxes."""
    view = SplatView(cam_from_world, K, width, height, near, antialias)
    gaussians = Gaussians(means, wxyz, scales, opacities)
    return backend_for(means.device).splats.project_splats(gaussians, view)


@project_splats_op.register_fake
def _(means, wxyz, scales, opacities, cam_from_world, K, width, height, near, antialias):
    shape = (cam_from_world.shape[0], means.shape[0])
    return means.new_empty((*shape, SCREEN_FIELDS)), means.new_empty((*shape, 2))


@custom_op("objpose::project_splats_adjoint", mutates_args=())
def project_splats_adjoint_op(
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
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Gradients of means, wxyz, scales, opacities and cam_from_world."""
    view = SplatView(cam_from_world, K, width, height, near, antialias)
    gaussians = Gaussians(means, wxyz, scales, opacities)
    return backend_for(means.device).splats.project_splats_adjoint(gaussians, view, extent, grad_screen)


@project_splats_adjoint_op.register_fake
def _(means, wxyz, scales, opacities, cam_from_world, *_):
    return tuple(t.new_empty(t.shape) for t in (means, wxyz, scales, opacities, cam_from_world))


def _keep_projection(ctx, inputs, output) -> None:
    *tensors, ctx.width, ctx.height, ctx.near, ctx.antialias = inputs
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(*tensors, output[1])


def _project_backward(ctx, grad_screen: Tensor, _: Tensor):
    *tensors, extent = ctx.saved_tensors
    size = (ctx.width, ctx.height, ctx.near, ctx.antialias)
    gradients = project_splats_adjoint_op(*tensors, *size, extent, grad_screen.contiguous())
    return *gradients, None, None, None, None, None


project_splats_op.register_autograd(_project_backward, setup_context=_keep_projection)


@custom_op("objpose::shade_splats", mutates_args=())
def shade_splats(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> Tensor:
    return backend_for(means.device).splats.shade_splats(means, sh, cam_from_world)


@shade_splats.register_fake
def _(means, sh, cam_from_world):
    return means.new_empty((cam_from_world.shape[0], means.shape[0], 3))


@custom_op("objpose::shade_splats_adjoint", mutates_args=())
def shade_splats_adjoint(
    means: Tensor, sh: Tensor, cam_from_world: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    return backend_for(means.device).splats.shade_splats_adjoint(means, sh, cam_from_world, grad)


@shade_splats_adjoint.register_fake
def _(means, sh, cam_from_world, grad):
    return tuple(t.new_empty(t.shape) for t in (means, sh, cam_from_world))


def _keep_shading(ctx, inputs, output) -> None:
    ctx.save_for_backward(*inputs)


def _shade_backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return shade_splats_adjoint(*ctx.saved_tensors, grad.contiguous())


shade_splats.register_autograd(_shade_backward, setup_context=_keep_shading)


@waiting_op("objpose::blend_splats")
def blend_splats_op(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Colour (N, H, W, C), alpha, depth sum and median depth (N, H, W); then a `Walk`, not differentiable."""
    backend = backend_for(screen.device).splats
    images, walk = backend.blend_splats(screen, extent, colors, background, width, height)
    return *images, *walk


@blend_splats_op.register_fake
def _(screen, extent, colors, background, width, height):
    shape = (screen.shape[0], height, width)
    images = (screen.new_empty(shape + colors.shape[2:]), *(screen.new_empty(shape) for _ in range(3)))
    bins = screen.new_empty(torch.library.get_ctx().new_dynamic_size(), dtype=torch.int32)
    return *images, screen.new_empty(shape, dtype=torch.int32), screen.new_empty(shape), bins


@waiting_op("objpose::blend_splats_adjoint")
def blend_splats_adjoint(
    screen: Tensor,
    extent: Tensor,
    colors: Tensor,
    background: Tensor,
    width: int,
    height: int,
    last: Tensor,
    light: Tensor,
    bins: Tensor,
    grad_color: Tensor,
    grad_alpha: Tensor,
    grad_depth_sum: Tensor,
    grad_median_depth: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of screen, colors and background."""
    gradients = (grad_color, grad_alpha, grad_depth_sum, grad_median_depth)
    inputs = (screen, extent, colors, background, width, height, Walk(last, light, bins))
    return backend_for(screen.device).splats.blend_splats_adjoint(*inputs, *gradients)


@blend_splats_adjoint.register_fake
def _(screen, extent, colors, background, *_):
    return tuple(t.new_empty(t.shape) for t in (screen, colors, background))


def _keep_blending(ctx, inputs, output) -> None:
    *tensors, ctx.width, ctx.height = inputs
    ctx.mark_non_differentiable(*output[4:])
    ctx.save_for_backward(*tensors, *output[4:])


def _blend_backward(ctx, *gradients: Tensor):
    *tensors, last, light, bins = ctx.saved_tensors
    of_images = (gradient.contiguous() for gradient in gradients[:4])
    grads = blend_splats_adjoint(*tensors, ctx.width, ctx.height, last, light, bins, *of_images)
    return grads[0], None, grads[1], grads[2], None, None


blend_splats_op.register_autograd(_blend_backward, setup_context=_keep_blending)


@custom_op("objpose::shade_splats_slopes", mutates_args=())
def shade_splats_slopes(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (N, G, 3), and their derivatives (N, G, 3, 3) by the cameras' translation."""
    return backend_for(means.device).splats.shade_splats_slopes(means, sh, cam_from_world)


@shade_splats_slopes.register_fake
def _(means, sh, cam_from_world):
    shape = (cam_from_world.shape[0], means.shape[0], 3)
    return means.new_empty(shape), means.new_empty((*shape, 3))


@waiting_op("objpose::splat_normal_equations")
def splat_normal_equations_op(
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
    """Normal matrices (N, 6, 6), gradients (N, 6) and costs (N,); derivatives themselves, they have none."""
    gaussians, shading = Gaussians(means, wxyz, scales, opacities), Shading(colors, color_slopes)
    view = SplatView(cam_from_world, K, target.shape[2], target.shape[1], near, antialias)
    images = Comparison(background, target, target_depth, target_alpha, weights, losses)
    return backend_for(means.device).splats.splat_normal_equations(gaussians, shading, view, images)


@splat_normal_equations_op.register_fake
def _(means, wxyz, scales, opacities, colors, color_slopes, cam_from_world, *_):
    cameras = cam_from_world.shape[0]
    shapes = ((cameras, TWIST, TWIST), (cameras, TWIST), (cameras,))
    return tuple(cam_from_world.new_empty(shape) for shape in shapes)


def project_splats(gaussians: Gaussians, view: SplatView) -> tuple[Tensor, Tensor]:
    return project_splats_op(*gaussians, *view)


def project_splats_adjoint(
    gaussians: Gaussians, view: SplatView, extent: Tensor, grad_screen: Tensor
) -> tuple[Tensor, ...]:
    return project_splats_adjoint_op(*gaussians, *view, extent, grad_screen)


def blend_splats(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[tuple[Tensor, ...], Walk]:
    *images, last, light, bins = blend_splats_op(screen, extent, colors, background, width, height)
    return tuple(images), Walk(last, light, bins)


def splat_normal_equations(
    gaussians: Gaussians, shading: Shading, view: SplatView, images: Comparison
) -> tuple[Tensor, Tensor, Tensor]:
    camera = (view.cam_from_world, view.K, view.near, view.antialias)
    return splat_normal_equations_op(*gaussians, *shading, *camera, *images)
