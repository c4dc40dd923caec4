"""Plain-torch twins of how well drawn images agree with a crop's."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry.nearby import greatest_nearby
from objpose.raster.drawn.bundles import SeenShape
from objpose.raster.drawn.light import appearance_channels, color_agreement, structure_agreement


def drawn_color_agreement(seen: Tensor, drawn: Tensor, weight: Tensor, with_structure: bool) -> Tensor:
    channels = appearance_channels(seen), appearance_channels(drawn)
    color = color_agreement(*channels, weight)
    structure = structure_agreement(*channels, weight) if with_structure else torch.zeros_like(color)
    return torch.stack([color, structure], dim=1)


def drawn_shape_counts(
    depth: Tensor, seen: SeenShape, tolerance: float, border: int
) -> tuple[Tensor, Tensor]:
    if seen.depth is None:
        counted, empty, bare, weight = _by_mask(depth > 0, seen)
    else:
        counted, empty, bare, weight = _by_depth(depth, seen.depth, seen, tolerance)
    counted += [patches(wrong, border) for wrong in (empty, bare)]
    return torch.stack([image.sum((1, 2)).to(depth) for image in counted], dim=1), weight


def _by_mask(drawn: Tensor, seen: SeenShape) -> tuple[list[Tensor], Tensor, Tensor, Tensor]:
    covered = torch.zeros_like(seen.mask) if seen.covered is None else seen.covered
    shared, bare, none = drawn & seen.mask, seen.mask & ~drawn, torch.zeros_like(drawn)
    empty = drawn & ~seen.mask & seen.inside & ~covered
    counted = [shared, none, bare, none, drawn & covered, drawn & seen.inside, shared]
    return counted, empty, bare, shared.float()


def _by_depth(
    drawn: Tensor, measured: Tensor, seen: SeenShape, tolerance: float
) -> tuple[list[Tensor], Tensor, Tensor, Tensor]:
    agreement = depth_agreement(drawn, measured, tolerance)
    known = (measured > 0) & seen.inside
    claimed, owned = (drawn > 0) & known, seen.mask & known
    beyond = claimed & ~seen.mask
    empty, hidden = beyond & (measured > drawn + tolerance), beyond & (measured < drawn - tolerance)
    inside, outside = agreement * owned, agreement * ~seen.mask
    counted = [inside, outside, owned * (1 - agreement), empty, hidden, claimed, inside > 0]
    return counted, empty, owned & (drawn == 0), agreement * seen.mask


def depth_agreement(drawn: Tensor, measured: Tensor, tolerance: float) -> Tensor:
    """(B, S, S) 1 - (difference / tolerance)^2, 0 beyond and where either is missing."""
    both = (drawn > 0) & (measured > 0)
    return (1 - ((measured - drawn) / tolerance).square()).clamp_min(0.0) * both


def patches(wrong: Tensor, border: int) -> Tensor:
    """(B, S, S) bool: the pixels (B, S, S) without bands of at most 2 `border` pixels, errors of a border."""
    gone = ~wrong
    for _ in range(border):
        gone = greatest_nearby(gone)
    kept = ~gone
    for _ in range(border):
        kept = greatest_nearby(kept)
    return kept
