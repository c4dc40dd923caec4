"""What a frame says of a pose, in numbers, and the chance that they make it right."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from objpose.tracking.paint import PaintSeen


@dataclass(frozen=True)
class Evidence:
    """Of one pose in one frame. Shares are of what should be in view and nothing known hides."""

    misfit: float  # nats a line: 0 where the outline is sure, see `modalities.Outline`
    lines: float  # share of the outline's points whose lines can be looked along
    agreement: float  # share of the lines whose likeliest border is where the pose has it
    hidden: float  # share of the outline that something nearer hides
    likeness: float = 0.0  # of its paint, drawn and seen, see `PaintSeen`; 0 where it has none
    colourful: float = 0.0  # how much that says
    surface: float = 0.0  # share of the surface's points that depth has where they are; 0 without depth
    covered: float = 0.0  # share of them before which something else is measured
    behind: float = 0.0  # share of them at which only what is behind them is measured
    patches: float = 0.0  # share of the paint's patches, seen before, that look the same
    followed: float = 0.0  # 0 to 1: how many there are

    @property
    def has_depth(self) -> bool:
        return self.surface + self.covered + self.behind > 0

    @property
    def paint(self) -> float:
        """Nats, as `paint_nats`."""
        return RGB.weights["paint"] * self.colourful * self.likeness

    def stats(self) -> dict[str, float]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Calibration:
    """A logistic model of being within 10 % of the diameter everywhere.

    benchmarks/tracking_calibration.py fits it, to rendered sequences of its training half.
    """

    intercept: float
    weights: dict[str, float]  # by what they weigh, see `terms`

    def odds(self, evidence: Evidence) -> float:
        """Their logarithm."""
        found = terms(evidence)
        return self.intercept + sum(weight * found[name] for name, weight in self.weights.items())


def terms(evidence: Evidence) -> dict[str, float]:
    """What the odds are a sum of; each grows with what speaks for the pose.

    That an object has no paint, or none that is followed, excuses it as far as it is in view.
    """
    return {
        "fit": -evidence.misfit,
        "seen": -evidence.hidden,
        "paint": evidence.colourful * evidence.likeness,
        "plain": evidence.lines * (1 - evidence.colourful),
        "surface": evidence.surface,
        "behind": -evidence.behind,
        "patches": evidence.followed * evidence.patches,
        "unfollowed": evidence.lines * (1 - evidence.followed),
    }


def odds(evidence: Evidence) -> float:
    """Logarithm of the odds that a pose is right."""
    return (RGBD if evidence.has_depth else RGB).odds(evidence)


def odds_of(misfit: Tensor, paint: list[PaintSeen]) -> Tensor:
    """(B,) the part of the odds that outline and paint alone decide between poses of one object."""
    return paint_nats(paint) - RGB.weights["fit"] * misfit


def paint_nats(paint: list[PaintSeen]) -> Tensor:
    """(B,) what paint alone adds to the odds of poses."""
    return RGB.weights["paint"] * torch.tensor([one.weight * one.likeness for one in paint])


def chance(odds: float) -> float:
    """In [0, 1]."""
    return 1 / (1 + math.exp(-min(max(odds, -60.0), 60.0)))


# Fitted to the training half of the rendered sequences; what got no weight told nothing that others did not.
RGB = Calibration(4.3, {"fit": 18.0, "paint": 4.3, "plain": 2.4, "patches": 2.0, "unfollowed": 1.0})
RGBD = Calibration(
    7.0,
    {"fit": 10.0, "seen": 8.1, "paint": 3.2, "plain": 0.5, "behind": 26.4, "patches": 4.4, "unfollowed": 0.5},
)
