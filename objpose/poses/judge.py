"""The judge: render each hypothesis and compare it with what was seen; geometry times appearance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, Mesh
from objpose.poses.answer import Verdict
from objpose.poses.contradiction import contradiction
from objpose.raster import MeshRender, drawn_color_agreement, render_mesh
from objpose.robust import soft_inlier

OUTSIDE_COST = 0.5  # with depth, of a rendered pixel that agrees in depth but lies outside the mask
OCCLUDED_COST = 0.25  # of a rendered pixel behind something seen outside the mask: possible, but not evidence
UNMASKED_COST = 0.6  # without depth, of a rendered pixel outside the mask: it may be hidden behind something
COVERED_COST = 0.03  # the same where another mask lies: most likely it is
ROUGH, SNAPPED = 2, 1  # pixels, half the width of bands that a border's error leaves; on colour edges less


class Geometry(NamedTuple):
    """How B renderings agree in shape with a crop."""

    score: Tensor  # (B,) in [0, 1]
    visible: Tensor  # (B,) share of the rendered pixels that the frame confirms
    against: tuple[Tensor, Tensor]  # (B,), (B,): empty and bare patches, see `contradiction`
    weight: Tensor  # (B, S, S) how surely pixels show the object: where colours are compared


def judge(
    mesh: Mesh,
    crop: Crop,
    geometry: Callable[[MeshRender, Crop], Geometry],
    cam_from_obj: SE3,
    use_structure: bool = True,
) -> Verdict:
    """Judge poses (B,) on a crop. `geometry`: by depth, as of `by_depth(...)`, or `by_silhouette`.

    `use_structure` compares the local structure of the colours too, which asks for poses that are right to
    some pixels.
    """
    has_color = mesh.color_source != "none"
    outputs = ("depth", "color") if has_color else ("depth",)
    render = render_mesh(mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=outputs, near=NEAR)
    shape = geometry(render, crop)
    appearance = torch.ones_like(shape.score)
    if render.color is not None:
        appearance = agreement(crop.rgb, render.color, shape.weight, use_structure)
    return Verdict(shape.score * appearance, shape.score, appearance, shape.visible, *shape.against)


def agreement(observed: Tensor, rendered: Tensor, weight: Tensor, use_structure: bool = True) -> Tensor:
    """(B,) in [0.5, 1] of colours (H, W, 3) and (B, H, W, 3), weighted by (B, H, W).

    Half for free: light can spoil colours, nothing spoils the shape.
    """
    appearance, structure = drawn_color_agreement(observed, rendered, weight, use_structure).unbind(1)
    if use_structure:
        appearance = (appearance + structure.clamp_min(0.0)) / 2
    return (1 + appearance) / 2


def by_silhouette(render: MeshRender, crop: Crop) -> Geometry:
    """Without depth: the rendered silhouette against the mask."""
    score, visible = overlap(render.mask.float(), crop.mask.float(), crop.inside.float(), crop.covered)
    shared = render.mask & crop.mask
    empty, bare = render.mask & ~crop.mask & ~crop.unsure, crop.mask & ~render.mask
    against = contradiction(empty, bare, shared.sum((1, 2)), SNAPPED)
    return Geometry(score, visible, against, shared.float())


def overlap(
    rendered: Tensor, mask: Tensor, inside: Tensor, covered: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """(B,) the silhouette score and (B,) the visible share of silhouettes (B, H, W) against a mask (H, W).

    inside, covered: (H, W), as those of a crop.
    """
    shared = (rendered * mask).sum((1, 2))
    unexplained = ((1 - rendered) * mask).sum((1, 2))
    claimed = (rendered * inside).sum((1, 2))
    beyond = UNMASKED_COST * (claimed - shared)
    if covered is not None:
        beyond = beyond - (UNMASKED_COST - COVERED_COST) * (rendered * covered).sum((1, 2))
    score = shared / (shared + unexplained + beyond).clamp_min(1e-6)
    return score, shared / claimed.clamp_min(1e-6)


def by_depth(tolerance: float) -> Callable[[MeshRender, Crop], Geometry]:
    """With depth: visible surface and free space; from `tolerance` metres a difference is no agreement."""
    return partial(_by_depth, tolerance=tolerance)


def depth_agreement(rendered: Tensor, observed: Tensor, tolerance: float) -> Tensor:
    """(B, S, S) 1 - (difference / tolerance)^2, 0 beyond and where either is missing."""
    both = (rendered > 0) & (observed > 0)
    return soft_inlier((observed - rendered).square(), tolerance) * both


def _by_depth(render: MeshRender, crop: Crop, tolerance: float) -> Geometry:
    """Every pixel that the mask or the hypothesis claims is either agreed on or a cost.

    The costs: seen through (the sensor saw farther: the surface cannot be there), unexplained (the mask shows
    surface where the hypothesis has none), outside the mask, or hidden behind something. Missing depth says
    nothing.
    """
    agreement = depth_agreement(render.depth, crop.depth, tolerance)
    measured = (crop.depth > 0) & crop.inside
    claimed = (render.depth > 0) & measured
    owned = crop.mask & measured
    through = claimed & (crop.depth > render.depth + tolerance)
    hidden = claimed & (crop.depth < render.depth - tolerance) & ~crop.mask
    agreed = (agreement * owned).sum((1, 2))
    outside = (agreement * ~crop.mask).sum((1, 2))
    unexplained = (owned * (1 - agreement)).sum((1, 2))
    cost = unexplained + (through & ~crop.mask).sum((1, 2)) + OUTSIDE_COST * outside
    cost = cost + OCCLUDED_COST * hidden.sum((1, 2))
    visible = (agreed + outside) / claimed.sum((1, 2)).clamp_min(1)
    empty, bare = through & ~crop.mask, owned & (render.depth == 0)
    against = contradiction(empty, bare, ((agreement > 0) & owned).sum((1, 2)), ROUGH)
    return Geometry(agreed / (agreed + cost).clamp_min(1e-6), visible, against, agreement * crop.mask)
