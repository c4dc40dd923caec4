"""The plain-torch twin of drawn outlines on a picture's edges; and sums over outlines."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import NormalEquations, bilinear, pixel_rows
from objpose.raster.constants import EDGE_SIGMAS, EDGE_SPACING, NORMAL_WINDOW, STRONG_EDGE, UNSEEN_EDGE
from objpose.raster.drawn.bundles import PictureEdges


def drawn_edge_equations(depth: Tensor, edges: PictureEdges, pivot: Tensor) -> NormalEquations:
    drawn = depth > 0
    outline = outline_pixels(drawn) & edges.counts
    which, row, column = outline.nonzero().unbind(-1)
    normal = _outward(drawn)[which, :, row, column].to(depth)
    steps = round(EDGE_SIGMAS * edges.reach / EDGE_SPACING)
    offsets = EDGE_SPACING * torch.arange(-steps, steps + 1, device=depth.device).to(depth)
    near = torch.exp(-0.5 * (offsets / edges.reach).square())
    places = torch.stack([column, row], dim=-1)[:, None] + (offsets[:, None] + 0.5) * normal[:, None]
    likely = _strength(edges, places, normal) * near
    total = likely.sum(-1)
    sure = total / (total + UNSEEN_EDGE * near.sum())
    off = (likely * offsets).sum(-1) / total.clamp_min(1e-9)
    there, rays = depth[which, row, column], edges.rays[row, column].T
    along_u, along_v = pixel_rows(edges.K, rays, there, there * rays - pivot[which].T)
    jacobian = (normal[:, 0] * along_u + normal[:, 1] * along_v).T
    weight = sure / edges.reach**2
    count = outline.sum((1, 2)).to(depth).clamp_min(1)
    matrix = summed(weight[:, None, None] * jacobian[:, :, None] * jacobian[:, None], which, len(depth))
    gradient = summed(-(weight * off)[:, None] * jacobian, which, len(depth))
    cost = summed((1 - sure).log(), which, len(depth))
    return NormalEquations(matrix / count[:, None, None], gradient / count[:, None], cost / count)


def outline_pixels(mask: Tensor) -> Tensor:
    """(B, S, S) bool: pixels of masks (B, S, S) with a neighbour, of four, that is not."""
    inner = mask.clone()
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    inner[:, :, 1:] &= mask[:, :, :-1]
    inner[:, :, :-1] &= mask[:, :, 1:]
    return mask & ~inner


def summed(values: Tensor, which: Tensor, count: int) -> Tensor:
    """(count, ...) sums of values (M, ...) by their pose, which (M,)."""
    return values.new_zeros(count, *values.shape[1:]).index_add_(0, which, values)


def _strength(edges: PictureEdges, places: Tensor, along: Tensor) -> Tensor:
    """(M, K) in [0, 1]: change of colour along directions (M, 2), at places (M, K, 2)."""
    slopes = edges.slopes.permute(2, 0, 1)[None]
    slope_u, slope_v = bilinear(slopes, places[None], beyond="border")[0].chunk(2)
    change = (slope_u * along[:, 0, None] + slope_v * along[:, 1, None]).square().sum(0)
    return change / (change + STRONG_EDGE**2)


def _outward(drawn: Tensor) -> Tensor:
    """(B, 2, S, S) unit, column and row: where silhouettes (B, S, S) end; zero within and far from them."""
    smooth = functional.avg_pool2d(
        drawn[:, None].float(), NORMAL_WINDOW, stride=1, padding=NORMAL_WINDOW // 2, count_include_pad=False
    )[:, 0]
    down, right = torch.gradient(smooth, dim=(1, 2))
    return functional.normalize(-torch.stack([right, down], dim=1), dim=1)
