"""Plain-torch twins of drawn images: the oracle, and what runs without a core, or in double."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry import NormalEquations, pixel_rows, products, twist_row
from objpose.raster.constants import MISSED, OUTSIDE_WEIGHT
from objpose.raster.drawn.bundles import MaskBorder, MeasuredDepth, Pixels, SeenColors
from objpose.raster.drawn.light import appearance_channels, fit_light
from objpose.raster.twin.edges import drawn_edge_equations, outline_pixels, summed
from objpose.raster.twin.judge import drawn_color_agreement, drawn_shape_counts

__all__ = [
    "drawn_color_agreement",
    "drawn_color_equations",
    "drawn_depth_equations",
    "drawn_edge_equations",
    "drawn_outline_equations",
    "drawn_shape_counts",
]


def drawn_depth_equations(
    depth: Tensor, normals: Tensor, pixels: Pixels, measured: MeasuredDepth, pivot: Tensor
) -> NormalEquations:
    drawn, arm = pixels.surface(depth, pivot)
    along = pixels.planes(normals)
    inside = _inside(drawn, measured)
    residual = (drawn - measured.depth) * (along * pixels.rays[:, None]).sum(0)
    rows, precision = twist_row(along, arm), 1 / measured.sigma**2
    system = products(rows * (precision * inside.square()), torch.cat([rows, residual[None]]))
    cost = precision * measured.reach**2 / 6 * (1 - inside**3).sum(1)
    return NormalEquations(system[..., :6], system[..., 6], cost)


def drawn_color_equations(
    color: Tensor,
    depth: Tensor,
    pixels: Pixels,
    seen: SeenColors,
    measured: MeasuredDepth | None,
    pivot: Tensor,
) -> NormalEquations:
    """The three channels share their derivatives of the pixel's place: a 2x2 structure tensor sums them."""
    drawn, arm = pixels.surface(depth, pivot)
    overlap = (drawn > 0).to(drawn) if measured is None else _inside(drawn, measured).square()
    difference = seen.channels[:, None] - appearance_channels(pixels.planes(color), dim=0)
    residual = difference - fit_light(difference, overlap)[..., None]
    factor = 1 + residual.square()
    slope_u, slope_v = seen.slopes[:, :, None]
    weighted_u, weighted_v = (overlap / factor * slope for slope in (slope_u, slope_v))
    uv = (weighted_u * slope_v).sum(0)
    along_u, along_v = pixel_rows(pixels.K, pixels.rays, drawn, arm)
    pulled_u = _pulled((weighted_u * slope_u).sum(0) * along_u + uv * along_v, weighted_u * residual)
    pulled_v = _pulled(uv * along_u + (weighted_v * slope_v).sum(0) * along_v, weighted_v * residual)
    system = products(along_u, pulled_u) + products(along_v, pulled_v)
    missed = 1.5 * math.log1p(MISSED**2) * (1 - overlap).sum(1)
    cost = (overlap * factor.log()).sum((0, 2)) / 2 + missed
    return NormalEquations(system[..., :6], system[..., 6], cost)


def drawn_outline_equations(depth: Tensor, border: MaskBorder, pivot: Tensor) -> NormalEquations:
    outline = outline_pixels(depth > 0) & border.counts
    which, row, column = outline.nonzero().unbind(-1)
    residual, limit = border.distance[row, column] / border.sigma, border.reach / border.sigma
    down, right = border.slope[row, column].unbind(-1)
    there, rays = depth[which, row, column], border.rays[row, column].T
    along_u, along_v = pixel_rows(border.K, rays, there, there * rays - pivot[which].T)
    jacobian = (right * along_u + down * along_v).T / border.sigma
    inside = (1 - residual.square() / limit**2).clamp_min(0)
    share = torch.where(residual > 0, OUTSIDE_WEIGHT, 1.0)
    weight, worst = share * inside.square(), limit**2 / 6
    found = outline.sum((1, 2)).to(depth)
    count = found.clamp_min(1)
    normal = summed(weight[:, None, None] * jacobian[:, :, None] * jacobian[:, None], which, len(depth))
    gradient = summed((weight * residual)[:, None] * jacobian, which, len(depth))
    cost = summed(share * worst * (1 - inside**3), which, len(depth))
    # Else a step that leads the object out of the picture would be the best of all.
    cost = torch.where(found > 0, cost / count, worst)
    return NormalEquations(normal / count[:, None, None], gradient / count[:, None], cost)


def _inside(drawn: Tensor, measured: MeasuredDepth) -> Tensor:
    """(B, P) 1 where drawn depth (B, P) is the measured one, 0 from the reach on and where none is."""
    inside = (1 - (drawn - measured.depth).square() / measured.reach**2).clamp_min(0)
    return inside * (drawn > 0)


def _pulled(rows: Tensor, pulls: Tensor) -> Tensor:
    """(7, B, P) rows (6, B, P), and under them the pulls (3, B, P) of the channels together."""
    return torch.cat([rows, pulls.sum(0, keepdim=True)])
