"""What speaks against a pose however rough the mask's border is: patches, where borders err by bands.

A wrong object that fits a part of the mask looks much like the right one that is partly hidden, by all that
agrees. What tells them apart are patches drawn where the frame shows that nothing is, and patches of the
mask that are left bare. A right pose has none of the first, and of the second only what a poor mask has of
other things.
"""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.poses.nearby import greatest_nearby


def contradiction(empty: Tensor, bare: Tensor, agreed: Tensor, border: int) -> tuple[Tensor, Tensor]:
    """(B,) and (B,) in [0, 1]: shares of what B drawings and the mask hold that are empty, bare patches.

    empty: (B, S, S) bool, drawn where nothing of the object is. bare: (B, S, S) bool, of the mask, where
    nothing is drawn. agreed: (B,) pixels of the mask that are explained. border: see `patches`.
    """
    against = torch.stack([patches(wrong, border).sum((1, 2)) for wrong in (empty, bare)])
    in_vain, left_over = against / (against.sum(0) + agreed).clamp_min(1)
    return in_vain, left_over


def patches(wrong: Tensor, border: int) -> Tensor:
    """(B, S, S) bool: the pixels (B, S, S) without bands of at most 2 `border` pixels, errors of a border."""
    gone = ~wrong
    for _ in range(border):
        gone = greatest_nearby(gone)
    kept = ~gone
    for _ in range(border):
        kept = greatest_nearby(kept)
    return kept
