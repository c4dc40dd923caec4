"""Reading a texture image at texture coordinates."""

from __future__ import annotations

import torch
from torch import Tensor


def sample_texture(texture: Tensor, uvs: Tensor) -> Tensor:
    """Bilinear colours (N, 3) in [0, 1] of a texture (H, W, 3) uint8 at uvs (N, 2); repeats outside [0, 1].

    OpenGL's convention: v points up, (0, 0) is the bottom left corner of the bottom left texel.
    """
    height, width = texture.shape[:2]
    x = uvs[:, 0] * width - 0.5
    y = (1 - uvs[:, 1]) * height - 0.5
    left, top = x.floor(), y.floor()
    right_weight, bottom_weight = (x - left)[:, None], (y - top)[:, None]
    columns = [(left.long() + step) % width for step in (0, 1)]
    rows = [(top.long() + step) % height for step in (0, 1)]
    left_column, right_column = columns
    upper, lower = (
        torch.lerp(texture[row, left_column].float(), texture[row, right_column].float(), right_weight)
        for row in rows
    )
    return torch.lerp(upper, lower, bottom_weight) / 255
