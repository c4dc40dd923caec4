"""The chance that a turn told by a reference photo is right to 15 degrees."""

from __future__ import annotations

import math

import torch

from objpose.geometry.rigid_matrices import rotation_degrees
from objpose.poses.confidence import chance_within
from objpose.reference.matched import Hypothesis
from objpose.reference.options import RIGHT_DEG

# Nats at which matches are as often right as wrong, what each further one adds to the log odds, and by how
# much turns err more than their covariance says. Chosen on half of the pairs of one set; its figures are in
# docs/benchmarks/reference.md.
WITH_DEPTH = (15.0, 0.4, 1.0)
BY_OUTLINE = (45.0, 0.1, 1.3)  # where no depth tells how deep the object is, a guess does: more can be wrong
# Shape alone does not tell how a round thing is turned about its axis, nor a block from its half turn, and
# half of a surface does not tell what is round.
BY_SHAPE = 0.85
WELL_IN_VIEW = 0.6  # share of the side that the reference shows, below which less and less is compared


def matched_confidence(found: list[Hypothesis]) -> float:
    """Of the first of them, in [0, 1]."""
    best = found[0]
    middle, slope, spread = BY_OUTLINE if best.unit is None else WITH_DEPTH
    share = sum(one.share for one in found if turned_deg(best, one) < RIGHT_DEG)
    told = 1 / (1 + math.exp(-slope * (best.nats - middle)))
    return share * told * float(chance_within(RIGHT_DEG, torch.tensor(spread * best.sigma_deg)))


def registered_confidence(fitting: float, in_view: float) -> float:
    """From the chance that a registered pose of the seen side is right, as if the side were all there is.

    in_view: share of that side that faces the target's camera.
    """
    return BY_SHAPE * fitting * min(1.0, in_view / WELL_IN_VIEW)


def joined(one: float, other: float, agree: bool) -> tuple[float, float]:
    """The chances of two answers told independently, given whether they agree (then both are that of one)."""
    if agree:
        both = 1 - (1 - one) * (1 - other)
        return both, both
    rest = max(1 - one * other, 1e-9)
    return one * (1 - other) / rest, other * (1 - one) / rest


def turned_deg(one: Hypothesis, other: Hypothesis) -> float:
    """Degrees between the turns of two hypotheses."""
    return rotation_degrees(one.b_from_a[:3, :3].T @ other.b_from_a[:3, :3])
