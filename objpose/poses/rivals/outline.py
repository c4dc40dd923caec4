"""Outlines as evidence: what a mask says of a pixel that one rival covers and another does not."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop, signed_distance

BORDER = 0.015  # of the crop's side: how far a mask's border is off
LEAST_BORDER = 1.5  # pixels
SUREST = 4.0  # nats: what a mask says far from its border
HIDDEN = 0.2  # chance that something stands before a pixel of the object outside the mask
HIDDEN_WITH_DEPTH = 0.1  # the same where depth shows nothing in front


def outline_evidence(drawn: Tensor, crop: Crop, behind: float | None = None) -> Tensor:
    """(B, S, S) nats for the pixels drawn (B, S, S), metres, 0 = nothing: the object, or a mask's mistake.

    behind: metres from which a surface measured before the drawn one hides it; None without depth.
    """
    away = signed_distance(crop.mask).float() / max(LEAST_BORDER, BORDER * crop.size)
    odds = (-away).clamp(-SUREST, SUREST).exp()
    covered = drawn > 0
    if behind is None:
        return covered * _shown(odds, HIDDEN) * crop.inside
    measured = (crop.depth > 0) & crop.inside
    is_hidden = measured & ~crop.mask & (crop.depth < drawn - behind)
    return (covered & ~is_hidden) * _shown(odds, HIDDEN_WITH_DEPTH) * crop.inside


def _shown(odds: Tensor, hidden: float) -> Tensor:
    """(S, S) nats that what is drawn there is shown as the object, or hidden, against neither."""
    return torch.log((1 - hidden) * odds + hidden)
