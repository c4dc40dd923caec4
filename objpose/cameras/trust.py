"""How far each photo is trusted: chains of evidence, rivals, and what the residuals leave free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objpose.cameras.growth import Grown
from objpose.cameras.problem import relative_pose
from objpose.cameras.relative import direction_angle, rotation_angle
from objpose.cameras.review import PhotoReview
from objpose.cameras.uncertainty import Uncertainty
from objpose.cameras.views import View

RIGHT_DEG = 10.0  # a pair is right when rotation and direction are off by less


@dataclass(frozen=True)
class LinkFeatures:
    """What tells whether a photo hangs rightly on those before it in the chain of trust."""

    nats: float  # evidence of its pairs with them, summed
    margin: float  # nats that its place is ahead of the next best


def chain_of_trust(
    grown: Grown, reviews: dict[int, PhotoReview]
) -> list[tuple[int, int | None, LinkFeatures]]:
    """(photo, the earlier photo it hangs on, link) from the best supported pair on, the strongest link next.

    The first photo hangs on none; its link is that of the second.
    """
    nats = {**grown.pair_evidence, **{(b, a): value for (a, b), value in grown.pair_evidence.items()}}
    photos = sorted(grown.placement.cams_from_world)
    first = max(photos, key=lambda one: sum(nats.get((one, other), 0.0) for other in photos))
    chain: list[tuple[int, int | None, LinkFeatures]] = []
    trusted = [first]
    while len(trusted) < len(photos):
        waiting = [photo for photo in photos if photo not in trusted]
        support = {photo: sum(nats.get((photo, one), 0.0) for one in trusted) for photo in waiting}
        chosen = max(waiting, key=support.__getitem__)
        parent = max(trusted, key=lambda one: nats.get((chosen, one), 0.0))
        margin = reviews[chosen].margin if chosen in reviews else support[chosen]
        chain.append((chosen, parent, LinkFeatures(support[chosen], margin)))
        trusted.append(chosen)
    return [(first, None, chain[0][2]), *chain] if chain else []


def agreement(grown: Grown, others: Sequence[Grown], a: int, b: int, temperature: float) -> float:
    """Share of the belief, over all placements that hold both photos, in which they stand as in the best one.

    A placement's belief falls with the nats by which it explains the photos that it shares with the best one
    worse.
    """
    ours = relative_pose(grown.placement.cams_from_world, a, b)
    agreeing = total = 1.0
    for other in others:
        cams = other.placement.cams_from_world
        if a not in cams or b not in cams:
            continue
        behind = _shared(grown, other) - _shared(other, grown)
        belief = float(np.exp(-max(behind, 0.0) / temperature))
        total += belief
        agreeing += belief * pair_agrees(ours, relative_pose(cams, a, b))
    return agreeing / total


def pair_agrees(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two relative poses are the same within what counts as right."""
    turn = rotation_angle(first[:3, :3].T @ second[:3, :3])
    return turn < RIGHT_DEG and direction_angle(first[:3, 3], second[:3, 3]) < RIGHT_DEG


def within_degrees(uncertainty: Uncertainty, a: int, b: int) -> float:
    """Probability that the noise of the keypoints alone leaves a pair right (Rayleigh's law)."""
    sigma = uncertainty.pair_degrees(a, b)
    return float(-np.expm1(-0.5 * (RIGHT_DEG / max(sigma, 1e-6)) ** 2))


def uncertainty_of(views: list[View], grown: Grown) -> Uncertainty:
    return Uncertainty(views, grown.placement)


def _shared(grown: Grown, other: Grown) -> float:
    """Evidence of the pairs that both placements hold."""
    return sum(nats for pair, nats in grown.pair_evidence.items() if pair in other.pair_evidence)
