"""From what supports a link to the chance that it is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from objpose.cameras.answer.trust import LinkFeatures, chain_of_trust, within_degrees
from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.placing.growth import Grown
from objpose.cameras.placing.review import PhotoReview


@dataclass(frozen=True)
class LinkCalibration:
    """Log-odds of a link: offset + nats * ln(evidence / 100) + margin * ln(margin / 50).

    A logistic fit over pairs of random subsets of real and rendered photos, made flatter: none of those of
    more than 60 nats was wrong, and other photos may be worse.
    """

    offset: float = 3.0
    nats: float = 6.0
    margin: float = 0.6


def link_confidence(
    link: LinkFeatures, trust: float = 1.0, calibration: LinkCalibration = LinkCalibration()
) -> float:
    """Chance in [0, 1] that a link of the chain of trust is right; trust: as in MatchedPhotos."""
    log_odds = (
        calibration.offset
        + calibration.nats * np.log(max(trust * link.nats, 1.0) / 100.0)
        + calibration.margin * np.log(max(link.margin, 1.0) / 50.0)
    )
    return float(1.0 / (1.0 + np.exp(-log_odds)))


def pair_confidences(
    grown: Grown, reviews: dict[int, PhotoReview], uncertainty: Uncertainty, trust: float = 1.0
) -> tuple[dict[tuple[int, int], float], int | None]:
    """Chance of every pair (a, b), a < b, to be right, and the photo that the chain of trust starts from.

    A pair is as good as the weakest link between its photos, and no better than the noise of the keypoints
    allows.
    """
    chain = chain_of_trust(grown, reviews)
    if not chain:
        return {}, None
    parents = {photo: parent for photo, parent, _ in chain}
    strength = {photo: link_confidence(link, trust) for photo, _, link in chain}
    photos = sorted(parents)
    found = {}
    for place, a in enumerate(photos):
        for b in photos[place + 1 :]:
            between = set(_to_root(parents, a)) ^ set(_to_root(parents, b))
            weakest = min(strength[photo] for photo in between)
            found[a, b] = weakest * within_degrees(uncertainty, a, b)
    return found, chain[0][0]


def _to_root(parents: dict[int, int | None], photo: int) -> list[int]:
    path = [photo]
    while parents[path[-1]] is not None:
        path.append(parents[path[-1]])
    return path
