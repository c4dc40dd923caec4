"""How far each photo is trusted: chains of evidence, and what the residuals leave free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.placing.growth import Grown
from objpose.cameras.placing.review import PhotoReview

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


def within_degrees(uncertainty: Uncertainty, a: int, b: int) -> float:
    """Probability that the noise of the keypoints alone leaves a pair right (Rayleigh's law)."""
    sigma = uncertainty.pair_degrees(a, b)
    return float(-np.expm1(-0.5 * (RIGHT_DEG / max(sigma, 1e-6)) ** 2))
