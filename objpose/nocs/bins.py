"""Coordinates as chances of bins, and back.

A coordinate lies between the middles of two bins and is shared out among them, so that none is rounded. Bins
tell what a number cannot: that a pixel shows either of two places. Regressed coordinates stay for long at the
mean of all that a pixel may show (docs/benchmarks/objects.md).
"""

from __future__ import annotations

import torch
from torch import Tensor

BINS = 24  # from -0.5 to 0.5, the first and the last about the ends


def bin_nats(logits: Tensor, coordinates: Tensor) -> Tensor:
    """(B, 3, h, w) cross entropies, nats, of logits (B, 3, BINS, h, w) and coordinates (B, 3, h, w)."""
    place = (coordinates + 0.5).clamp(0, 1) * (BINS - 1)
    low = place.floor().clamp(max=BINS - 2)
    part, index = (place - low)[:, :, None], low.long()[:, :, None]
    both = logits.gather(2, torch.cat([index, index + 1], dim=2))
    expected = both[:, :, :1].lerp(both[:, :, 1:], part)[:, :, 0]
    return logits.logsumexp(2) - expected


def decoded(logits: Tensor) -> tuple[Tensor, Tensor]:
    """(B, 3, h, w) likeliest coordinates of logits (B, 3, BINS, h, w); (B, 1, h, w) the chance that all hold.

    Means over the likeliest bin and its neighbours; others are other places.
    """
    chance = logits.softmax(2)
    best = chance.argmax(2, keepdim=True).clamp(1, BINS - 2)
    index = torch.cat([best - 1, best, best + 1], dim=2)
    near = chance.gather(2, index)
    total = near.sum(2)
    middles = index / (BINS - 1) - 0.5
    return (near * middles).sum(2) / total, total.prod(1, keepdim=True)
