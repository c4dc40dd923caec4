"""Prints as evidence: colours against those drawn, where the drawings of rivals differ.

An average over the whole object drowns a few letters. So rivals are compared on the pixels where their
drawings differ, exposed as the photo is; a slow change of colour over the object is light and counts little.
The noise is what a drawing leaves unexplained there, so that a print nobody can read says nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.crops import Crop, mask_box
from objpose.geometry import HOST, upload
from objpose.geometry.nearby import greatest_nearby
from objpose.poses.rivals.correlation import effective
from objpose.poses.rivals.exposure import SATURATED, exposed, washed_out
from objpose.raster.drawn.light import appearance_channels

WIDE = 0.25  # of the crop's side: what changes slower over the object may be light
KEPT = 0.3  # of such a change
LETTER = 0.3  # of the channels: what stands out by more is no light
CELLS = 16  # along the crop's side, in which light is told
PALEST = 0.3  # contrast of a print against the drawn one: gloss and glare wash it out
DIFFERENT = 0.15  # of the channels: what drawings must differ by
OUTLIER = 2.0  # of the channels, likewise: gloss, a shadow's edge
NOISE = 0.3  # squared channels, summed: what is left by a perfect drawing
GROUP_PIXELS = 1 << 16  # of drawings that the CPU works on at once: small enough for its caches


class Prints(NamedTuple):
    """B drawings in the channels of `appearance_channels`, against a crop, on the h x w pixels that show any.

    The relief is what is drawn, less most of what changes slowly; missed is what is seen less what is drawn,
    likewise.
    """

    drawn: Tensor  # (B, 3, h, w), exposed as the crop is
    relief: Tensor  # (B, 3, h, w) squared relief
    along: Tensor  # (B, 3, h, w) relief times missed
    missed: Tensor  # (B, h, w) squared, summed over channels
    weight: Tensor  # (B, h, w) 0 or 1: the drawn pixels that the frame shows


def prints(color: Tensor, shown: Tensor, crop: Crop) -> Prints:
    """Of colours drawn (B, S, S, 3) in [0, 1], where they are shown (B, S, S) bool."""
    anywhere = shown.any(0).to(HOST)
    rows, columns = _window(anywhere)
    # Borders are mixed with what lies beyond.
    weight = (~greatest_nearby(~shown[:, rows, columns])).float()
    seen, slow = crop.on_host.rgb[rows, columns], _Slow(crop.size, rows, columns, shown.device)
    color = exposed(color[:, rows, columns], seen, weight)
    color = washed_out(color, seen, anywhere[rows, columns])
    # What glares shows no print, whether there is one or not.
    weight = weight * upload((seen < SATURATED).any(-1), shown.device)
    size = max(1, GROUP_PIXELS // weight[0].numel()) if weight.device == HOST else len(weight)
    groups = zip(color.split(size), weight.split(size), strict=True)
    channels = upload(appearance_channels(seen).permute(2, 0, 1), shown.device)
    found = [_printed(*group, channels, slow) for group in groups]
    return found[0] if len(found) == 1 else Prints(*map(torch.cat, zip(*found, strict=True)))


def _printed(color: Tensor, weight: Tensor, seen: Tensor, slow: _Slow) -> Prints:
    """Of colours (B, h, w, 3) exposed as those whose channels (3, h, w) are seen."""
    drawn = appearance_channels(color).permute(0, 3, 1, 2).contiguous()
    missed = seen - drawn
    relief, missed = slow.relief(torch.stack([drawn, missed]), weight[:, None])
    return Prints(drawn, relief.square(), relief * missed, missed.square().sum(1), weight)


def print_odds(found: Prints, against: int) -> tuple[Tensor, Tensor]:
    """(B,) nats of each drawing against one of them, on the pixels where these two differ; (B,) how many."""
    gap = (found.drawn - found.drawn[against]).square().sum(1)
    where = found.weight * found.weight[against] * (gap > DIFFERENT**2)
    count = where.sum((1, 2))
    misfit = _misfit(found, torch.where(where.amax(0) > 0, found.weight, 0.0))
    left = (where * misfit).sum((1, 2)) / count.clamp_min(1.0) + NOISE
    left_by_other = (where * misfit[against]).sum((1, 2)) / count.clamp_min(1.0) + NOISE
    return 0.5 * count * effective(count) * (left_by_other / left).log(), count


def _misfit(found: Prints, where: Tensor) -> Tensor:
    """(B, h, w) squared residuals, bounded, with the contrast of the print fitted on `where` (B, h, w)."""
    along, relief, place = found.along.flatten(2), found.relief.flatten(2), where.flatten(1)[..., None]
    contrast = (along @ place / (relief @ place + 1e-3)).clamp(PALEST - 1, 0.2).mT  # (B, 1, 3)
    explained = 2 * contrast @ along - contrast.square() @ relief
    squared = (found.missed - explained.view(where.shape)).clamp_min(0.0)
    return squared / (1 + squared / OUTLIER**2)


def _window(shown: Tensor) -> tuple[slice, slice]:
    """The rows and columns of a mask (S, S), and a pixel around."""
    if not bool(shown.any()):
        return slice(1), slice(1)
    low, high = (corner.tolist() for corner in mask_box(shown))
    rows, columns = (slice(max(low[axis] - 1, 0), high[axis] + 2) for axis in (1, 0))
    return rows, columns


class _Slow:
    """What changes slowly over a crop of S pixels, in its rows and columns given; in matrices for speed."""

    def __init__(self, size: int, rows: slice, columns: slice, device: torch.device):
        to_cells, from_cells = (upload(matrix, device) for matrix in (_to_cells(size), _from_cells(size)))
        self.to_cells = to_cells[:, rows], to_cells[:, columns].T
        self.from_cells = from_cells[rows], from_cells[columns].T

    def relief(self, channels: Tensor, weight: Tensor) -> Tensor:
        """(*, B, 3, h, w) the channels, less most of what changes slowly over the weight (B, 1, h, w)."""
        slow = self._means(channels, weight)
        # Letters and the like are left out of it: they are what the relief is of.
        slow = self._means(channels, weight / ((channels - slow) / LETTER).square_().add_(1.0))
        return channels - (1 - KEPT) * slow

    def _means(self, channels: Tensor, weight: Tensor) -> Tensor:
        """(*, B, 3, h, w) weighted means over wide windows."""
        total, share = self._in_cells(weight * channels), self._in_cells(weight)
        down, across = self.from_cells
        return down @ (total / share.clamp_min(1e-4)) @ across

    def _in_cells(self, images: Tensor) -> Tensor:
        down, across = self.to_cells
        return down @ (images @ across)


def _to_cells(size: int) -> Tensor:
    """(n, S) means over wide windows, of cells that are small against them; zeros beyond the border."""
    cell = _cell(size)
    cells = (torch.arange(size) // cell == torch.arange(-(-size // cell))[:, None]).float()
    place, reach = torch.arange(len(cells)), max(1, round(WIDE * size / cell / 2))
    windows = ((place[:, None] - place).abs() <= reach).float() / (2 * reach + 1)
    return windows @ (cells / cells.sum(1, keepdim=True))


def _from_cells(size: int) -> Tensor:
    """(S, n) of the values in cells, those between."""
    cell = _cell(size)
    count = -(-size // cell)
    place = ((torch.arange(size) + 0.5) / cell - 0.5).clamp(0, count - 1)
    return (1 - (place[:, None] - torch.arange(count)).abs()).clamp_min(0.0)


def _cell(size: int) -> int:
    """Pixels along the side of a cell."""
    return max(1, round(size / CELLS))
