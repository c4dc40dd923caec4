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
from objpose.raster import MeshRender, SeenShape, drawn_color_agreement, drawn_shape_counts, render_mesh

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
    score, silent = shape.score * appearance, torch.zeros_like(appearance)
    return Verdict(score, shape.score, appearance, shape.visible, *shape.against, *[silent] * 6)


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
    seen = SeenShape(crop.mask, crop.inside, crop.covered, None)
    counts, weight = drawn_shape_counts(render.depth, seen, 0.0, SNAPPED)
    against = contradiction(counts.empty, counts.bare, counts.explained)
    score = _silhouette_score(counts.agreed, counts.unexplained, counts.claimed, counts.hidden)
    return Geometry(score, counts.agreed / counts.claimed.clamp_min(1e-6), against, weight)


def overlap(
    rendered: Tensor, mask: Tensor, inside: Tensor, covered: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """(B,) the silhouette score and (B,) the visible share of coverages (B, H, W) against a mask (H, W).

    inside, covered: (H, W), as those of a crop.
    """
    shared = (rendered * mask).sum((1, 2))
    unexplained = ((1 - rendered) * mask).sum((1, 2))
    claimed = (rendered * inside).sum((1, 2))
    hidden = torch.zeros_like(shared) if covered is None else (rendered * covered).sum((1, 2))
    score = _silhouette_score(shared, unexplained, claimed, hidden)
    return score, shared / claimed.clamp_min(1e-6)


def _silhouette_score(shared: Tensor, unexplained: Tensor, claimed: Tensor, hidden: Tensor) -> Tensor:
    """(B,) from pixels (B,): of the mask and drawn, of the mask alone, drawn, and drawn in others' masks."""
    beyond = UNMASKED_COST * (claimed - shared) - (UNMASKED_COST - COVERED_COST) * hidden
    return shared / (shared + unexplained + beyond).clamp_min(1e-6)


def by_depth(tolerance: float) -> Callable[[MeshRender, Crop], Geometry]:
    """With depth: visible surface and free space; from `tolerance` metres a difference is no agreement."""
    return partial(_by_depth, tolerance=tolerance)


def _by_depth(render: MeshRender, crop: Crop, tolerance: float) -> Geometry:
    """Every pixel that the mask or the hypothesis claims is either agreed on or a cost.

    The costs: seen through (the sensor saw farther: the surface cannot be there), unexplained (the mask shows
    surface where the hypothesis has none), outside the mask, or hidden behind something. Missing depth says
    nothing.
    """
    seen = SeenShape(crop.mask, crop.inside, crop.covered, crop.depth)
    counts, weight = drawn_shape_counts(render.depth, seen, tolerance, ROUGH)
    cost = counts.unexplained + counts.through + OUTSIDE_COST * counts.outside + OCCLUDED_COST * counts.hidden
    visible = (counts.agreed + counts.outside) / counts.claimed.clamp_min(1)
    against = contradiction(counts.empty, counts.bare, counts.explained)
    return Geometry(counts.agreed / (counts.agreed + cost).clamp_min(1e-6), visible, against, weight)
