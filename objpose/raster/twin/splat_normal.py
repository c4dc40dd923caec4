"""Plain-torch twin of `splat_normal_equations`: Jacobians of the other twins by forward-mode autograd."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from objpose.raster.constants import HUBER, SQUARED, TWIST
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView
from objpose.raster.twin import splat_images


def splat_normal_equations(
    gaussians: Gaussians, shading: Shading, view: SplatView, images: Comparison
) -> tuple[Tensor, Tensor, Tensor]:
    cam_from_world = view.cam_from_world

    def render(twist: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of the cameras exp(twist) cam_from_world, to first order."""
        turned = torch.linalg.cross(twist[:, 3:, None].expand(-1, 3, 4), cam_from_world, dim=1)
        moved = cam_from_world + turned + pad(twist[:, :3, None], (3, 0))
        screen, extent = splat_images.project_splats(gaussians, view._replace(cam_from_world=moved))
        shaded = shading.colors.to(screen.dtype)
        if shading.slopes is not None:
            shaded = shaded + (shading.slopes @ twist[:, None, :3, None].to(screen.dtype))[..., 0]
        (color, alpha, depth_sum, _), _ = splat_images.blend_splats(
            screen, extent, shaded, images.background, view.width, view.height
        )
        return color, alpha[..., None], depth_sum[..., None]

    (color, alpha, depth_sum), slopes = _with_jacobian(render, len(cam_from_world), cam_from_world)
    residuals = [(color - images.target, slopes[0])]
    if images.depth is not None:
        wanted = images.depth[..., None] * (images.depth[..., None] > 0)
        known = (wanted > 0).to(alpha.dtype)
        slope = (slopes[2] - wanted[..., None] * slopes[1]) * known[..., None]
        residuals.append(((depth_sum - wanted * alpha) * known, slope))
    else:
        residuals.append((0 * alpha, 0 * slopes[1]))
    if images.alpha is not None:
        residuals.append((alpha - images.alpha[..., None], slopes[1]))
    weights = torch.ones_like(alpha[..., 0]) if images.weights is None else images.weights
    terms = [
        _term(*residual, weights, *images.losses[3 * i : 3 * i + 3]) for i, residual in enumerate(residuals)
    ]
    return tuple(sum(parts) for parts in zip(*terms, strict=True))


def _with_jacobian(
    function: Callable[[Tensor], tuple[Tensor, ...]], cameras: int, like: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """Values (N, H, W, C) of a function of twists at 0, and their derivatives (N, H, W, C, 6)."""
    zero = like.new_zeros(cameras, TWIST)
    columns = []
    for k in range(TWIST):
        direction = torch.zeros_like(zero)
        direction[:, k] = 1.0
        values, slopes = torch.func.jvp(function, (zero,), (direction,))[:2]
        columns.append(slopes)
    return list(values), [torch.stack(parts, -1) for parts in zip(*columns, strict=True)]


def _term(
    residual: Tensor, slopes: Tensor, weights: Tensor, kind: float, scale: float, weight: float
) -> tuple[Tensor, Tensor, Tensor]:
    """J^T W J (N, 6, 6), J^T W r (N, 6) and cost (N,) of residuals (N, H, W, C), robust by their norms."""
    relative = residual.double().norm(dim=-1) / scale
    squared = relative * relative
    if kind == SQUARED:
        cost, share = squared / 2, torch.ones_like(squared)
    elif kind == HUBER:
        cost = torch.where(relative <= 1, squared / 2, relative - 0.5)
        share = 1 / relative.clamp(min=1.0)
    else:
        cost, share = squared.log1p() / 2, 1 / (1 + squared)
    weights = weight * weights.double()
    share = share * weights / scale**2
    slopes = slopes.double()
    normal = torch.einsum("nhwci,nhw,nhwcj->nij", slopes, share, slopes)
    gradient = torch.einsum("nhwci,nhw,nhwc->ni", slopes, share, residual.double())
    return normal, gradient, (weights * cost).sum((1, 2))
