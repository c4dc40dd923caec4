"""From odds in pairs to chances, and to the answer that is right most likely."""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDS = 20


def shares(log_odds: Tensor) -> Tensor:
    """(B,) the chances of B rivals, one of which is right, from their odds in pairs (B, B), nats.

    Each pair is compared on pixels of its own, so that three pairs need not agree: a rival is as likely as its mean
    odds against those that are likely themselves.
    """
    chance = torch.softmax(log_odds.mean(1), 0)
    for _ in range(ROUNDS):
        chance = torch.softmax(log_odds @ chance, 0)
    return chance
