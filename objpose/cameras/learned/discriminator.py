"""How well a motion suits two images: a score for every hypothesis."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from objpose.cameras.learned.generator import MotionHypotheses

NUMBERS = 12  # the rotation matrix, the same for q and -q, and the translation


class MotionDiscriminator(nn.Module):
    """ADen's discriminator, as a density over motions whose shape the images decide.

    The motion is encoded by its numbers and by sines of rising frequency; the score is linear in that, with
    factors that an MLP reads off the token.
    """

    def __init__(self, dim: int, frequencies: int) -> None:
        super().__init__()
        self.register_buffer(
            "frequencies", math.pi * 2.0 ** torch.arange(-1, frequencies - 1), persistent=False
        )
        features = NUMBERS * (1 + 2 * frequencies)
        self.factors = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, features)
        )

    def forward(self, tokens: Tensor, motions: MotionHypotheses) -> Tensor:
        """(B, K, M) scores of hypotheses (B, K, M) for the images of tokens (B, K, dim)."""
        numbers = torch.cat([motions.rotations.matrix().flatten(-2), motions.translations], dim=-1)
        phases = (numbers[..., None] * self.frequencies).flatten(-2)
        encoded = torch.cat([numbers, phases.sin(), phases.cos()], dim=-1)
        return torch.einsum("bkmf,bkf->bkm", encoded, self.factors(tokens))
