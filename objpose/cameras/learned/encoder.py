"""Images to tokens, one an image, that know of each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

GROUPS = 8  # of the normalisation; widths are multiples of it


class ImageEncoder(nn.Module):
    """A small residual network on each image, then a transformer over the images of a set.

    The first image is the reference, marked by an embedding of its own; the others have no order: permuting
    them permutes their tokens.
    """

    def __init__(self, image_size: int, width: int, dim: int, layers: int, heads: int) -> None:
        super().__init__()
        widths = [width, width, 2 * width, 4 * width]
        stages: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1)]
        stages += [ResidualBlock(first, second) for first, second in zip(widths, widths[1:], strict=False)]
        self.stages = nn.Sequential(*stages)
        cells = (image_size // 2 ** (len(widths) - 1)) ** 2
        self.project = nn.Linear(widths[-1] * cells, dim)
        self.reference = nn.Parameter(0.02 * torch.randn(dim))
        layer = nn.TransformerEncoderLayer(
            dim, heads, 2 * dim, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.across = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, images: Tensor) -> Tensor:
        """(B, N, dim) tokens of images (B, N, 3, S, S), float32 in [0, 1], the reference first."""
        batch, count = images.shape[:2]
        maps = self.stages(2.0 * images.flatten(0, 1) - 1.0)
        tokens = self.project(maps.flatten(1)).unflatten(0, (batch, count))
        is_reference = torch.zeros(count, 1, dtype=tokens.dtype, device=tokens.device)
        is_reference[0] = 1.0
        return self.across(tokens + is_reference * self.reference)


class PairTokens(nn.Module):
    """What an image says together with the reference: products of their tokens, as relative motions are."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.image, self.reference = nn.Linear(dim, 2 * dim), nn.Linear(dim, 2 * dim)
        self.mix = nn.Sequential(
            nn.LayerNorm(4 * dim), nn.Linear(4 * dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N - 1, dim) of the images after the reference, from tokens (B, N, dim)."""
        reference, others = tokens[:, :1], tokens[:, 1:]
        product = self.image(others) * self.reference(reference)
        return self.mix(torch.cat([product, others, reference.expand_as(others)], dim=-1))


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut; halves the image. Group norms: batches do not mix."""

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(GROUPS, width_in),
            nn.SiLU(),
            nn.Conv2d(width_in, width_out, 3, stride=2, padding=1),
            nn.GroupNorm(GROUPS, width_out),
            nn.SiLU(),
            nn.Conv2d(width_out, width_out, 3, padding=1),
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(width_in, width_out, 1))

    def forward(self, maps: Tensor) -> Tensor:
        return self.body(maps) + self.shortcut(maps)
