"""Prints as evidence: colours against those drawn, where the drawings of rivals differ.

An average over the whole object drowns a few letters. So rivals are compared on the pixels where their
drawings differ, exposed as the photo is; a slow change of colour over the object is light and counts little. The
noise is what a drawing leaves unexplained there, so that a print nobody can read says nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d

from objpose.crops import Crop
from objpose.features.light import appearance_channels
from objpose.poses.rivals.exposure import exposed

WIDE = 0.25  # of the crop's side: what changes slower over the object may be light
KEPT = 0.3  # of such a change
LETTER = 0.3  # of the channels: what stands out by more is no light
CELLS = 16  # along the crop's side, in which light is told
PALEST = 0.3  # contrast of a print against the drawn one: gloss and glare wash it out
DIFFERENT = 0.15  # of the channels: what drawings must differ by
OUTLIER = 2.0  # of the channels, likewise: gloss, a shadow's edge
NOISE = 0.02  # squared channels, summed: what is left by a perfect drawing
TOGETHER = 9.0  # pixels that err alike


class Prints(NamedTuple):
    """B drawings in the channels of `appearance_channels`, against a crop."""

    drawn: Tensor  # (B, 3, S, S), exposed as the crop is
    relief: Tensor  # (B, 3, S, S) the same, less most of what changes slowly
    missed: Tensor  # (B, 3, S, S) what is seen less what is drawn, likewise
    weight: Tensor  # (B, S, S) 0 or 1: the drawn pixels that the frame shows


def prints(color: Tensor, shown: Tensor, crop: Crop) -> Prints:
    """Of colours drawn (B, S, S, 3) in [0, 1], where they are shown (B, S, S) bool."""
    weight = -max_pool2d(-shown[:, None].float(), 3, 1, 1)  # borders are mixed with what lies beyond
    drawn = appearance_channels(exposed(color, crop.rgb, weight[:, 0])).permute(0, 3, 1, 2)
    difference = appearance_channels(crop.rgb).permute(2, 0, 1) - drawn
    return Prints(drawn, _relief(drawn, weight), _relief(difference, weight), weight[:, 0])


def print_evidence(found: Prints) -> Tensor:
    """(B,) nats of drawings, on the pixels where they differ among themselves."""
    weight = found.weight
    total = weight.sum(0).clamp_min(1.0)
    mean = (weight[:, None] * found.drawn).sum(0) / total
    spread = (weight * (found.drawn - mean).square().sum(1)).sum(0) / total
    where = weight * (spread > DIFFERENT**2)
    left = (where * _misfit(found, where)).sum((1, 2)) / where.sum((1, 2)).clamp_min(1.0)
    return -0.5 * where.sum((1, 2)).amax() / TOGETHER * torch.log(left + NOISE)


def print_odds(found: Prints, against: int) -> Tensor:
    """(B,) nats of each drawing against one of them, on the pixels where these two differ."""
    gap = (found.drawn - found.drawn[against]).square().sum(1)
    where = found.weight * found.weight[against] * (gap > DIFFERENT**2)
    count = where.sum((1, 2))
    misfit = _misfit(found, torch.where(where.amax(0) > 0, found.weight, 0.0))
    left = (where * misfit).sum((1, 2)) / count.clamp_min(1.0) + NOISE
    left_by_other = (where * misfit[against]).sum((1, 2)) / count.clamp_min(1.0) + NOISE
    return 0.5 * count / TOGETHER * (left_by_other / left).log()


def _misfit(found: Prints, where: Tensor) -> Tensor:
    """(B, S, S) squared residuals, bounded, with the contrast of the print fitted on `where` (B, S, S)."""
    where = where[:, None]
    along = (where * found.missed * found.relief).sum((2, 3))
    contrast = along / ((where * found.relief.square()).sum((2, 3)) + 1e-3)
    contrast = contrast.clamp(PALEST - 1, 0.2)[..., None, None]
    squared = (found.missed - contrast * found.relief).square().sum(1)
    return squared / (1 + squared / OUTLIER**2)


def _relief(channels: Tensor, weight: Tensor) -> Tensor:
    """(B, 3, S, S) the channels, less most of what changes slowly over the weight (B, 1, S, S)."""
    slow = _slow(channels, weight)
    # Letters and the like are left out of it: they are what the relief is of.
    slow = _slow(channels, weight / (1 + ((channels - slow) / LETTER).square()))
    return channels - (1 - KEPT) * slow


def _slow(channels: Tensor, weight: Tensor) -> Tensor:
    """(B, 3, S, S) weighted means over wide windows, of cells that are small against them."""
    size = channels.shape[-1]
    cell = max(1, round(size / CELLS))
    both = [avg_pool2d(image, cell, ceil_mode=True) for image in (weight * channels, weight)]
    total, share = (_window_mean(image, max(1, round(WIDE * size / cell / 2))) for image in both)
    slow = total / share.clamp_min(1e-4)
    whole = slow.shape[-1] * cell
    return interpolate(slow, size=(whole, whole), mode="bilinear")[..., :size, :size]


def _window_mean(images: Tensor, reach: int) -> Tensor:
    """(*, S, S) means over windows of 2 reach + 1, zeros beyond the border; as matrices for speed."""
    place = torch.arange(images.shape[-1])
    band = ((place[:, None] - place).abs() <= reach).float() / (2 * reach + 1)
    return band @ images @ band
