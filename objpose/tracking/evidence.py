"""What a frame says of a pose, in numbers, and the chance that they make it right."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Evidence:
    """Of one pose in one frame. Shares are of what should be in view and nothing known hides."""

    misfit: float  # nats a line: 0 where the outline is sure, see `OutlineModality.misfit`
    lines: float  # share of the outline's points whose lines can be looked along
    agreement: float  # share of the lines whose likeliest border is where the pose has it
    contrast: float  # 0 to 1: how well the object's colours differ from those beside it

    def stats(self) -> dict[str, float]:
        """By name."""
        return dict(vars(self))


def chance(evidence: Evidence) -> float:
    """In [0, 1]: of the pose's being within 10 % of the diameter everywhere."""
    return float(torch.sigmoid(torch.tensor((0.28 - evidence.misfit) / 0.04)))
