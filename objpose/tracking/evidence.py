"""What a frame says of a pose, in numbers, and the chance that they make it right."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Evidence:
    """Of one pose in one frame. Shares are of what should be in view and nothing known hides."""

    misfit: float  # nats a line: 0 where the outline is sure, see `OutlineModality.misfit`
    lines: float  # share of the outline's points whose lines can be looked along
    agreement: float  # share of the lines whose likeliest border is where the pose has it
    filled: float  # mean chance of the colours within the outline to be the object's
    likeness: float = 0.0  # of its paint, drawn and seen, see `PaintSeen`; 0 where it has none
    colourful: float = 0.0  # how much that says

    def stats(self) -> dict[str, float]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Calibration:
    """A logistic model of being within 10 % of the diameter everywhere; benchmarks/tracking_calibration.py fits it."""

    intercept: float
    weights: dict[str, float]  # by what they weigh, see `terms`

    def odds(self, evidence: Evidence) -> float:
        """Their logarithm."""
        return self.intercept + sum(self.weights[name] * value for name, value in terms(evidence).items())

    def chance(self, evidence: Evidence) -> float:
        """In [0, 1]."""
        return 1 / (1 + math.exp(-min(max(self.odds(evidence), -60.0), 60.0)))


def terms(evidence: Evidence) -> dict[str, float]:
    """What the odds are a sum of; each grows with what speaks for the pose."""
    return {
        "fit": -evidence.misfit,
        "lines": evidence.lines,
        "agreement": evidence.agreement,
        "filled": evidence.filled,
        "paint": evidence.colourful * evidence.likeness,
        "plain": 1 - evidence.colourful,
    }


RGB = Calibration(
    intercept=4.0,
    weights={"fit": 25.0, "lines": 0.0, "agreement": 0.0, "filled": 0.0, "paint": 8.0, "plain": 0.0},
)
