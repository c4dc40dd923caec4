"""The judge: render each hypothesis and compare visible surface, free space and colour with what was seen."""

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

OUTSIDE_COST = 0.5  # of a rendered pixel that agrees in depth but lies outside the mask
OCCLUDED_COST = 0.25  # of a rendered pixel behind something seen outside the mask: possible, but not evidence


def verify(mesh: Mesh, crop: Crop, cam_from_obj: SE3, tolerance: float, use_structure: bool) -> Verdict:
    """Judge poses (B,) on a crop; from `tolerance` metres a depth difference is no agreement.

    `use_structure` compares the local structure of the colours too, which asks for poses that are right to
    some pixels.
    """
    has_color = mesh.color_source != "none"
    outputs = ("depth", "color") if has_color else ("depth",)
    render = render_mesh(mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=outputs, near=NEAR)
    agreement = depth_agreement(render.depth, crop.depth, tolerance)
    geometry, visible = _geometry_score(render.depth, agreement, crop, tolerance)
    appearance = torch.ones_like(geometry)
    if has_color:
        observed, rendered = appearance_channels(crop.rgb), appearance_channels(render.color)
        weight = agreement * crop.mask
        appearance = color_agreement(observed, rendered, weight)
        if use_structure:
            appearance = (appearance + structure_agreement(observed, rendered, weight).clamp_min(0.0)) / 2
        # Half for free: light can spoil colours, nothing spoils the shape.
        appearance = (1 + appearance) / 2
    return Verdict(geometry * appearance, geometry, appearance, visible)


def depth_agreement(rendered: Tensor, observed: Tensor, tolerance: float) -> Tensor:
    """(B, S, S) 1 - (difference / tolerance)^2, 0 beyond and where either is missing."""
    both = (rendered > 0) & (observed > 0)
    return (1 - ((observed - rendered) / tolerance).square()).clamp_min(0.0) * both


def _geometry_score(
    rendered: Tensor, agreement: Tensor, crop: Crop, tolerance: float
) -> tuple[Tensor, Tensor]:
    """(B,) the score and (B,) the share of the rendered pixels that the depth confirms.

    Every pixel that the mask or the hypothesis claims is either agreed on or a cost: seen through (the sensor
    saw farther: the surface cannot be there), unexplained (the mask shows surface where the hypothesis has
    none), outside the mask, or hidden behind something. Missing depth says nothing.
    """
    measured = (crop.depth > 0) & crop.inside
    claimed = (rendered > 0) & measured
    owned = crop.mask & measured
    through = claimed & (crop.depth > rendered + tolerance)
    hidden = claimed & (crop.depth < rendered - tolerance) & ~crop.mask
    agreed = (agreement * owned).sum((1, 2))
    outside = (agreement * ~crop.mask).sum((1, 2))
    unexplained = (owned * (1 - agreement)).sum((1, 2))
    cost = unexplained + (through & ~crop.mask).sum((1, 2)) + OUTSIDE_COST * outside
    cost = cost + OCCLUDED_COST * hidden.sum((1, 2))
    visible = (agreed + outside) / claimed.sum((1, 2)).clamp_min(1)
    return agreed / (agreed + cost).clamp_min(1e-6), visible
