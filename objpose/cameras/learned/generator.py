"""Many guesses of a relative camera motion: one a query."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from objpose.geometry import SO3


@dataclass(frozen=True, eq=False)
class MotionHypotheses:
    """M guesses of the motion from the reference camera to each of K others, in B sets.

    rotations: SO3 (B, K, M) cam_from_ref.   translations: (B, K, M, 3) in distances of the reference camera
    from the object.
    """

    rotations: SO3
    translations: Tensor


class MotionGenerator(nn.Module):
    """ADen's generator: learnable queries, noisy while training, each with a token through one MLP."""

    def __init__(self, dim: int, queries: int, query_noise: float) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(queries, dim))
        self.query_noise = query_noise
        self.mlp = nn.Sequential(
            nn.Linear(dim, dim),
            nn.GELU(),
            nn.LayerNorm(dim),
            nn.Linear(dim, dim),
            nn.GELU(),
            nn.Linear(dim, 7),
        )

    def forward(self, tokens: Tensor, generator: torch.Generator | None = None) -> MotionHypotheses:
        """Guesses for the images of tokens (B, K, dim); `generator` draws the queries' noise, None: none."""
        queries = self.queries
        if generator is not None:
            noise = torch.randn(queries.shape, generator=generator).to(queries)
            queries = queries + self.query_noise * noise
        motion = self.mlp(tokens[:, :, None] + queries)
        wxyz, translation = motion.split([4, 3], dim=-1)
        return MotionHypotheses(SO3(nn.functional.normalize(wxyz, dim=-1)), translation)
