"""The judge without depth: render each hypothesis and compare its silhouette and colours with the frame."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.comparison import (
    NEAR,
    Crop,
    Verdict,
    appearance_channels,
    color_agreement,
    structure_agreement,
)
from objpose.geometry import SE3, Mesh
from objpose.raster import render_mesh

OUTSIDE_COST = 0.6  # of a rendered pixel outside the mask: it may be hidden behind something


def judge(mesh: Mesh, crop: Crop, cam_from_obj: SE3) -> Verdict:
    """Judge poses (B,) on a crop."""
    has_color = mesh.color_source != "none"
    outputs = ("depth", "color") if has_color else ("depth",)
    render = render_mesh(mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=outputs, near=NEAR)
    silhouette, visible = overlap(render.mask.float(), crop.mask.float(), crop.inside.float())
    appearance = torch.ones_like(silhouette)
    if has_color:
        observed, rendered = appearance_channels(crop.rgb), appearance_channels(render.color)
        appearance = agreement(observed, rendered, (render.mask & crop.mask).float())
    return Verdict(silhouette * appearance, silhouette, appearance, visible)


def overlap(rendered: Tensor, mask: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """(B,) the silhouette score and (B,) the visible share of silhouettes (B, H, W) against a mask (H, W)."""
    shared = (rendered * mask).sum((1, 2))
    unexplained = ((1 - rendered) * mask).sum((1, 2))
    claimed = (rendered * inside).sum((1, 2))
    score = shared / (shared + unexplained + OUTSIDE_COST * (claimed - shared)).clamp_min(1e-6)
    return score, shared / claimed.clamp_min(1e-6)


def agreement(observed: Tensor, rendered: Tensor, weight: Tensor) -> Tensor:
    """(B,) in [0.5, 1] of channels (H, W, 3) and (B, H, W, 3): half for free, as light can spoil colours."""
    color = color_agreement(observed, rendered, weight)
    structure = structure_agreement(observed, rendered, weight).clamp_min(0.0)
    return 0.5 + (color + structure) / 4
