"""What the stages of correspondence lines are given and fill, put together as it is everywhere."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.raster.constants import COLOR_LEVELS, LINE_FIELDS, LINE_NUMBERS


class Outline(NamedTuple):
    """Contour points of V views of an object, and which of them B poses show.

    `points` and `normals` are in the object's frame; a normal points from the object to the background.
    """

    points: Tensor  # (V, N, 3) float32, metres
    normals: Tensor  # (V, N, 3) float32, unit
    reach: Tensor  # (V, N, 2) float32, metres inward, outward along the normal until the silhouette changes
    view: Tensor  # (B,) int32, each pose's view
    usable: Tensor  # (B, N) bool, False where something else hides the point


class Lines(NamedTuple):
    """Lines across the outlines of B poses, N each, and where on them the border may be.

    placement: column and row (pixels) of the line's centre; its unit normal in the image, outward; the signed
    distance in pixels from the centre to position 0; the pixels between positions, 0 where there is no line;
    and the line's weight, 1 where the border is clear, less the more its place may vary.
    posterior: the chance of each of P positions to be the border; sums to 1, or is 0 where there is no line.
    """

    placement: Tensor  # (B, N, 7) float32
    posterior: Tensor  # (B, N, P) float32

    @staticmethod
    def empty(poses: int, count: int, positions: int) -> Lines:
        """Room for them, without a line."""
        return Lines(torch.zeros(poses, count, LINE_FIELDS), torch.zeros(poses, count, positions))


class LineStatistics(NamedTuple):
    """Means over the lines of each of B poses, float32; all 0 where there are none."""

    share: Tensor  # (B,) valid lines among those that nothing else hides
    entropy: Tensor  # (B,) of the posterior, 0 certain to 1 nothing known
    deviation: Tensor  # (B,) the posterior's standard deviation, pixels
    agreement: Tensor  # (B,) share of the lines whose likeliest position is within the width from the outline
    distance: Tensor  # (B,) root mean square of the same distance, of those lines, pixels
    misfit: (
        Tensor  # (B,) cost of a line, as of its equations with sigma the width, but all of one weight, nats
    )

    @staticmethod
    def of(numbers: Tensor) -> LineStatistics:
        """Views of the columns of (B, LINE_NUMBERS)."""
        return LineStatistics(*numbers.unbind(1))


def empty_statistics(poses: int) -> Tensor:
    return torch.zeros(poses, LINE_NUMBERS)


def empty_histograms() -> Tensor:
    """(2, 32, 32, 32): how often each colour is seen on the object, and beside it."""
    return torch.zeros(2, COLOR_LEVELS, COLOR_LEVELS, COLOR_LEVELS)
