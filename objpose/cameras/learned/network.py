"""The whole network: images in, scored motions out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from objpose.cameras.learned.encoder import ImageEncoder, PairTokens
from objpose.geometry import SO3

NUMBERS = 12  # the rotation matrix, the same for q and -q, and the translation


@dataclass(frozen=True)
class NetworkOptions:
    image_size: int = 64  # pixels, square; a multiple of 8
    width: int = 32  # channels of the first stage; a multiple of 8
    dim: int = 256  # of a token
    layers: int = 4  # of the transformer over images
    heads: int = 8
    queries: int = 500  # hypotheses an image
    query_noise: float = 0.1  # standard deviation, where queries have one of 1
    frequencies: int = 2  # of the pose encoding


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
        queries: Tensor = self.queries
        if generator is not None:
            noise = torch.randn(queries.shape, generator=generator).to(queries)
            queries = queries + self.query_noise * noise
        motion = self.mlp(tokens[:, :, None] + queries)
        wxyz, translation = motion.split([4, 3], dim=-1)
        return MotionHypotheses(SO3(nn.functional.normalize(wxyz, dim=-1)), translation)


class MotionDiscriminator(nn.Module):
    """ADen's discriminator, as a density over motions whose shape the images decide.

    The motion is encoded by its numbers and by sines of rising frequency; the score is linear in that, with
    factors that an MLP reads off the token.
    """

    frequencies: Tensor

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


class MotionNetwork(nn.Module):
    """Generator and discriminator over one encoder, after ADen (Tang et al., Adaptive Density Representations
    for Sparse-view Camera Pose Estimation, ECCV 2024)."""

    def __init__(self, options: NetworkOptions = NetworkOptions()) -> None:
        super().__init__()
        self.options = options
        self.encoder = ImageEncoder(
            options.image_size, options.width, options.dim, options.layers, options.heads
        )
        self.pairs = PairTokens(options.dim)
        self.generator = MotionGenerator(options.dim, options.queries, options.query_noise)
        self.discriminator = MotionDiscriminator(options.dim, options.frequencies)

    def encode(self, images: Tensor) -> Tensor:
        """(B, N - 1, dim) tokens of the images (B, N, 3, S, S) after the reference, the first."""
        return self.pairs(self.encoder(images))

    @torch.no_grad()
    def forward(self, images: Tensor) -> tuple[MotionHypotheses, Tensor]:
        """Motions (B, N - 1, M) cam_from_ref of the images after the first, and scores (B, N - 1, M)."""
        tokens = self.encode(images)
        motions = self.generator(tokens)
        return motions, self.discriminator(tokens, motions)
