"""How well a motion suits two images: a score for every hypothesis."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from objpose.cameras.learned.generator import MotionHypotheses

NUMBERS = 12  # the rotation matrix, the same for q and -q, and the translation


class MotionDiscriminator(nn.Module):
    """ADen's discriminator: the motion in sines of rising frequency, with a token, through an MLP."""

    def __init__(self, dim: int, frequencies: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", math.pi * 2.0 ** torch.arange(frequencies), persistent=False)
        self.encode = nn.Linear(NUMBERS * (1 + 2 * frequencies), dim)
        self.token = nn.Linear(dim, dim)
        self.score = nn.Sequential(
            nn.GELU(), nn.LayerNorm(dim), nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, 1)
        )

    def forward(self, tokens: Tensor, motions: MotionHypotheses) -> Tensor:
        """(B, K, M) scores of hypotheses (B, K, M) for the images of tokens (B, K, dim)."""
        numbers = torch.cat([motions.rotations.matrix().flatten(-2), motions.translations], dim=-1)
        phases = (numbers[..., None] * self.frequencies).flatten(-2)
        encoded = self.encode(torch.cat([numbers, phases.sin(), phases.cos()], dim=-1))
        return self.score(encoded + self.token(tokens)[:, :, None])[..., 0]
