"""What the stages of splat rendering are given, put together as it is everywhere."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.raster.constants import NORMAL_TERMS, TWIST


class Gaussians(NamedTuple):
    """G splats without their colours, as `Splats` holds them, float32."""

    means: Tensor  # (G, 3)
    wxyz: Tensor  # (G, 4)
    scales: Tensor  # (G, 3)
    opacities: Tensor  # (G,)


class SplatView(NamedTuple):
    """N cameras, and how they see splats."""

    cam_from_world: Tensor  # (N, 3, 4) float64
    K: Tensor  # (N, 3, 3) float64, pixels
    width: int
    height: int
    near: float
    antialias: bool


class Shading(NamedTuple):
    """The colours of G splats, and how they change as the cameras move."""

    colors: Tensor  # (N, G, C), or (1, G, C) for colours that all cameras share
    slopes: Tensor | None  # (N, G, C, 3) by the translation of the cameras' left twist; None where all are 0


class Walk(NamedTuple):
    """What blending leaves for its adjoint, which need not find it again; each core reads its own only."""

    last: Tensor  # (N, H, W) int32: how many of its tile's splats a pixel went through to the last it shows
    light: Tensor  # (N, H, W): what of the light comes through all of them
    bins: Tensor  # (B,) int32: the sorted tiles, as the core lays them out; empty where it sorts them again


class Comparison(NamedTuple):
    """Images that renderings are compared with; None where there are none."""

    background: Tensor  # (N, C)
    target: Tensor  # (N, H, W, C)
    depth: Tensor | None  # (N, H, W) metres, 0 = missing
    alpha: Tensor | None  # (N, H, W)
    weights: Tensor | None  # (N, H, W)
    losses: list[float]  # kind, scale and weight of colour, depth and alpha


def unpack_normal(sums: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sums (N, NORMAL_TERMS) as normal matrices (N, 6, 6), gradients (N, 6) and costs (N,)."""
    upper, gradient, cost = sums.split([NORMAL_TERMS - TWIST - 1, TWIST, 1], 1)
    rows, columns = torch.triu_indices(TWIST, TWIST, device=sums.device)
    normal = sums.new_empty(len(sums), TWIST, TWIST)
    normal[:, rows, columns] = upper
    normal[:, columns, rows] = upper
    return normal, gradient.clone(), cost[:, 0].clone()
