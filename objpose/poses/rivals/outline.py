"""Outlines as evidence: what a mask says of a pixel that one rival covers and another does not."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop, signed_distance
from objpose.geometry import upload

BORDER = 0.015  # of the crop's side: how far a mask's border is off
LEAST_BORDER = 1.5  # pixels
SUREST = 4.0  # nats: what a mask says far from its border
HIDDEN = 0.2  # chance that something stands before a pixel of the object outside the mask


def outline_evidence(drawn: Tensor, crop: Crop) -> Tensor:
    """(B, S, S) nats for the pixels drawn (B, S, S), metres, 0 = nothing: the object, or a mask's mistake."""
    away = signed_distance(crop.on_host.mask).float() / max(LEAST_BORDER, BORDER * crop.size)
    odds = (-away).clamp(-SUREST, SUREST).exp()
    return (drawn > 0) * upload(torch.log((1 - HIDDEN) * odds + HIDDEN), drawn.device) * ~crop.unsure
