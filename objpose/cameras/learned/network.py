"""The whole network: images in, scored motions out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from objpose.cameras.learned.discriminator import MotionDiscriminator
from objpose.cameras.learned.encoder import ImageEncoder, PairTokens
from objpose.cameras.learned.generator import MotionGenerator, MotionHypotheses


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
