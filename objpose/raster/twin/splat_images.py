"""Plain-torch twins of the splat ops, under the same names: differentiable by autograd, in any float type.

The screen-space Gaussian is that of Zwicker et al., "EWA Volume Splatting" (2001), with the blending of Kerbl
et al., "3D Gaussian Splatting for Real-Time Radiance Field Rendering" (2023).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize, pad

from objpose.raster.constants import (
    CLAMP_MARGIN,
    CLAMP_SLOPE,
    LOW_PASS,
    MAX_ALPHA,
    MAX_EXTENT,
    MIN_ALPHA,
    MIN_TRANSMITTANCE,
)
from objpose.raster.splats.bundles import Gaussians, SplatView, Walk
from objpose.raster.splats.harmonics import harmonics

TILE = 16  # pixels blended at a time: bounds the memory


def project_splats(gaussians: Gaussians, view: SplatView) -> tuple[Tensor, Tensor]:
    means, wxyz, scales, opacities = gaussians
    cam_from_world, K, width, height, near, antialias = view
    rotation, translation, K = (t.to(means.dtype) for t in (*cam_from_world.split([3, 1], 2), K))
    points = means @ rotation.mT + translation.mT  # (N, G, 3)
    in_front = points[..., 2] > near
    z = torch.where(in_front, points[..., 2], 1.0)
    slopes = points[..., :2] / z[..., None]
    linear, offset = K[:, :2, :2], K[:, None, :2, 2]
    centre = slopes @ linear.mT + offset
    jacobian = _screen_jacobian(slopes, z, K, width, height)
    axes = rotation[:, None] @ (_rotations(wxyz) * scales[:, None])
    rows = jacobian @ axes  # (N, G, 2, 3), and rows rows^T is the covariance on the screen
    plain = rows @ rows.mT
    a, b, c = plain[..., 0, 0] + LOW_PASS, plain[..., 0, 1], plain[..., 1, 1] + LOW_PASS
    area = _length(torch.linalg.cross(rows[..., 0, :], rows[..., 1, :]))
    determinant = area**2 + LOW_PASS * (a + c) - LOW_PASS**2  # of [[a, b], [b, c]], without its cancellation
    conic = torch.stack([c, -b, a], -1) / determinant[..., None]
    opacity = opacities.expand_as(z)
    if antialias:
        opacity = opacity * area / determinant.sqrt()
    reach = (2 * (opacity.detach() / MIN_ALPHA).clamp(min=1.0).log()).sqrt()
    extent = reach[..., None] * torch.stack([a, c], -1).detach().sqrt()
    size = centre.new_tensor([width, height])
    on_image = ((centre + extent >= 0) & (centre - extent <= size - 1)).all(-1)
    has_shape = (extent < MAX_EXTENT).all(-1)
    seen = (in_front & (opacity > MIN_ALPHA) & on_image & has_shape)[..., None]
    screen = torch.cat([centre, conic, opacity[..., None], z[..., None]], -1)
    return torch.where(seen, screen, 0.0), torch.where(seen, extent, 0.0).float()


def shade_splats(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> Tensor:
    rotation, translation = (t.to(means.dtype) for t in cam_from_world.split([3, 1], 2))
    camera = -(rotation.mT @ translation).mT  # (N, 1, 3) in the world
    basis = harmonics(normalize(means - camera, dim=-1), sh.shape[1])
    return (torch.einsum("ngk,gkc->ngc", basis, sh) + 0.5).clamp(min=0.0).contiguous()


def blend_splats(
    screen: Tensor, extent: Tensor, colors: Tensor, background: Tensor, width: int, height: int
) -> tuple[tuple[Tensor, ...], Walk]:
    images = []
    for n in range(len(screen)):
        chosen = (extent[n, :, 0] > 0).nonzero()[:, 0]
        chosen = chosen[screen[n, chosen, 6].argsort(stable=True)]
        values = torch.cat([colors[n % len(colors)][chosen], screen[n, chosen, 6:7]], 1)
        images.append(_image(screen[n, chosen], extent[n, chosen], values, width, height))
    channels = colors.shape[2]
    image = torch.stack(images) if images else screen.new_zeros(0, height, width, channels + 5)
    color, *others = image.split([channels, 1, 1, 1, 1, 1], -1)
    color = color + (1 - others[1]) * background[:, None, None].to(color.dtype)
    depth_sum, alpha, median_depth, last, light = (part[..., 0].clone() for part in others)
    walk = Walk(last.detach().int(), light.detach(), torch.empty(0, dtype=torch.int32, device=screen.device))
    return (color, alpha, depth_sum, median_depth), walk


def _screen_jacobian(slopes: Tensor, z: Tensor, K: Tensor, width: int, height: int) -> Tensor:
    """(N, G, 2, 3): pixels a metre. Far outside the image, that of the nearest point just outside it."""
    size = slopes.new_tensor([width, height])
    focal, centre = K[:, None, [0, 1], [0, 1]], K[:, None, :2, 2]
    low = ((-CLAMP_MARGIN * size - centre) / focal).clamp(max=-CLAMP_SLOPE)
    high = (((1 + CLAMP_MARGIN) * size - centre) / focal).clamp(min=CLAMP_SLOPE)
    slopes = torch.minimum(torch.maximum(slopes, low), high)
    linear = K[:, None, :2, :2].expand(*z.shape, 2, 2)
    return torch.cat([linear, -linear @ slopes[..., None]], -1) / z[..., None, None]


def _rotations(wxyz: Tensor) -> Tensor:
    """(G, 3, 3) of quaternions of any length."""
    w, x, y, z = normalize(wxyz, dim=1).unbind(1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def _length(vectors: Tensor) -> Tensor:
    """Like `norm`, with a gradient of 0 at 0."""
    squared = (vectors * vectors).sum(-1)
    positive = squared > 0
    return torch.where(positive, torch.where(positive, squared, 1.0).sqrt(), 0.0)


def _image(screen: Tensor, extent: Tensor, values: Tensor, width: int, height: int) -> Tensor:
    """(H, W, D + 4): sums of values (S, D), alpha, median depth, walk of splats sorted by depth."""
    low, high = screen[:, :2].detach() - extent, screen[:, :2].detach() + extent
    bands = []
    for top in range(0, height, TILE):
        tiles = []
        for left in range(0, width, TILE):
            right, bottom = min(left + TILE, width), min(top + TILE, height)
            near_x = (low[:, 0] <= right - 1) & (high[:, 0] >= left)
            near = (near_x & (low[:, 1] <= bottom - 1) & (high[:, 1] >= top)).nonzero()[:, 0]
            rows, columns = torch.arange(top, bottom), torch.arange(left, right)
            pixels = torch.cartesian_prod(rows, columns).flip(1).to(screen)
            tile = _blended(pixels, screen[near], values[near])
            tiles.append(tile.reshape(bottom - top, right - left, -1))
        bands.append(torch.cat(tiles, 1))
    return torch.cat(bands, 0)


def _blended(pixels: Tensor, screen: Tensor, values: Tensor) -> Tensor:
    """(P, D + 4) of pixels (P, 2) under all the splats (S, 7)."""
    dx, dy = (pixels[:, None] - screen[:, :2]).unbind(2)  # (P, S)
    a, b, c, opacity = screen[:, 2:6].unbind(1)
    power = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy
    alpha = (opacity * power.clamp(max=0.0).exp()).clamp(max=MAX_ALPHA)
    alpha = torch.where(alpha >= MIN_ALPHA, alpha, 0.0)
    alpha = torch.where((1 - alpha.detach()).cumprod(1) >= MIN_TRANSMITTANCE, alpha, 0.0)
    after = (1 - alpha).cumprod(1)
    weights = alpha * pad(after, (1, -1), value=1.0) if len(screen) else alpha
    is_past_half = after.detach() < 0.5
    is_median = is_past_half & (is_past_half.cumsum(1) == 1)
    median_depth = torch.where(is_median, values[:, -1], 0.0).sum(1, keepdim=True)
    places = torch.arange(1, len(screen) + 1).to(alpha)
    walk = [pad(places * (alpha.detach() > 0), (1, 0)).amax(1), pad(after, (1, 0), value=1.0)[:, -1]]
    parts = [weights @ values, weights.sum(1, keepdim=True), median_depth, torch.stack(walk, 1)]
    return torch.cat(parts, 1)


def shade_splats_slopes(means: Tensor, sh: Tensor, cam_from_world: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (N, G, 3), and their derivatives (N, G, 3, 3) by the translation of the cameras' left twist."""

    def moved(translation: Tensor) -> Tensor:
        return shade_splats(means, sh, cam_from_world + pad(translation[..., None], (3, 0)))

    zero = cam_from_world.new_zeros(len(cam_from_world), 3)
    columns = []
    for k in range(3):
        direction = torch.zeros_like(zero)
        direction[:, k] = 1.0
        colors, slope = torch.func.jvp(moved, (zero,), (direction,))[:2]
        columns.append(slope)
    return colors, torch.stack(columns, -1)
