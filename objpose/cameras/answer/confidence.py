"""From what supports a photo's links to the chance that it stands right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType

import numpy as np

from objpose.cameras.answer.options import AnswerOptions, LinkCalibration
from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.scene.placement import NOTHING, Grown, Placement, Prediction
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import centre_of, direction_degrees, inverse_matrix, rotation_degrees


@dataclass(frozen=True)
class Link:
    """What tells whether a photo hangs rightly on those before it in the chain of trust."""

    photo: int
    parent: int | None  # the earlier photo it hangs on, None for the first
    nats: float  # by which its pairs with the earlier ones exceed chance, summed over their places
    margin: float  # nats that its place is ahead of the next best
    shortfall: float  # nats by which it shows less than the points of the others say
    ahead: float = np.inf  # the margin where the next best place is another one, as seen from the parent


NONE: Mapping[int, int] = MappingProxyType({})
Witness = Callable[[int, Collection[int]], Prediction]  # what the points of some photos say of another
Firmness = Callable[[Collection[int]], Uncertainty]  # how far some photos can move by what they share alone


def chain_of_trust(
    grown: Grown,
    reviews: dict[int, PhotoReview],
    witness: Witness,
    chance_nats: float,
    held: Collection[int] = (),
    hanging: Mapping[int, int] = NONE,
    right_deg: float = 0.0,
    one_place: float = 0.0,
    kept: Collection[int] = (),
) -> list[Link]:
    """Links from the best supported photo on, the strongest link next.

    Each is judged by what the earlier ones alone predict, too: a group that stands wrong as a whole confirms
    its own photos. The first photo hangs on none; its link is as strong as that of the second. held: photos
    whose cameras are known to be right come first and are beyond doubt; hanging: photos that something else
    than matches places from another one come last, as sure as that one; right_deg: that places may differ by
    and be one; one_place: share of the placement's extent within which photos are one witness: they see the
    same from the same side; kept: photos that stand as they did without the others come before these, and
    are not judged by what the points of these predict.
    """
    above = {pair: max(value - chance_nats, 0.0) for pair, value in grown.pair_evidence.items()}
    nats = {**above, **{(b, a): value for (a, b), value in above.items()}}
    photos = sorted(grown.placement.cams_from_world.keys() - hanging.keys())
    among = [one for one in photos if one in kept] or photos
    first = max(among, key=lambda one: sum(nats.get((one, other), 0.0) for other in among))
    place_of = _places(grown.placement, one_place)
    chain: list[Link] = []
    known = sorted(held)
    trusted = known or [first]
    while len(trusted) < len(photos):
        rest = [photo for photo in photos if photo not in trusted]
        waiting = [photo for photo in rest if photo in kept] or rest
        support = {photo: _support(nats, photo, trusted, place_of) for photo in waiting}
        chosen = max(waiting, key=support.__getitem__)
        parent = max(trusted, key=lambda one: nats.get((chosen, one), 0.0))
        margin = reviews[chosen].margin if chosen in reviews else support[chosen]
        by_all = NOTHING if chosen in kept else grown.predicted.get(chosen, NOTHING)
        said = (witness(chosen, trusted), by_all)
        shortfall = max(one.shortfall for one in said)
        ahead = margin if _has_rival(grown, reviews.get(chosen), chosen, parent, right_deg) else np.inf
        chain.append(Link(chosen, parent, support[chosen], margin, shortfall, ahead))
        trusted.append(chosen)
    last = [Link(photo, parent, np.inf, np.inf, 0.0) for photo, parent in hanging.items()]
    if known:
        sure = [Link(one, None if one == known[0] else known[0], np.inf, np.inf, 0.0) for one in known]
        return sure + chain + last
    if chain:
        return [replace(chain[0], photo=first, parent=None), *chain, *last]
    return [Link(first, None, np.inf, np.inf, 0.0), *last] if last else []


def _places(placement: Placement, one_place: float) -> dict[int, int]:
    """For each photo the first one that stands in its place."""
    centres = {photo: centre_of(cam) for photo, cam in sorted(placement.cams_from_world.items())}
    near = one_place * placement.extent
    found: dict[int, int] = {}
    for photo, centre in centres.items():
        same = (one for one in found.values() if np.linalg.norm(centres[one] - centre) < near)
        found[photo] = next(same, photo)
    return found


def _support(
    nats: Mapping[Pair, float], photo: int, trusted: Collection[int], place_of: Mapping[int, int]
) -> float:
    """Nats of a photo with the trusted ones, those in one place together as one."""
    best: dict[int, float] = {}
    for one in trusted:
        place = place_of[one]
        best[place] = max(best.get(place, 0.0), nats.get((photo, one), 0.0))
    return sum(best.values())


def _has_rival(grown: Grown, found: PhotoReview | None, photo: int, parent: int, right_deg: float) -> bool:
    """Whether the next best place of a photo is wrong, if its own is right."""
    if found is None or found.rival is None:
        return False
    cams = grown.placement.cams_from_world
    parent_from_world = inverse_matrix(cams[parent])
    here, there = cams[photo] @ parent_from_world, found.rival.cam_from_world @ parent_from_world
    turned = rotation_degrees(here[:3, :3].T @ there[:3, :3])
    return max(turned, direction_degrees(here[:3, 3], there[:3, 3])) > right_deg


def link_confidence(link: Link, trust: float, calibration: LinkCalibration) -> float:
    """Chance in [0, 1] that a link of the chain of trust is right.

    That of its evidence, times that against the next best place. trust: as in MatchedPhotos. More of it, of
    nats or of margin never lowers the chance, more that is missing never raises it.
    """
    log_odds = (
        calibration.offset
        + calibration.nats * np.log(max(trust * link.nats, 1.0) / 100.0)
        + calibration.margin * np.log(max(link.margin, 1.0) / 50.0)
        - calibration.shortfall * link.shortfall / 10.0
    )
    return _chance(log_odds) * _chance(max(link.ahead, 0.0) / calibration.rivalry)


def _chance(log_odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0))))


def within_degrees(sigma_deg: float, right_deg: float) -> float:
    """Probability that noise of this standard deviation alone leaves a pair right (Rayleigh's law)."""
    return float(-np.expm1(-0.5 * (right_deg / max(sigma_deg, 1e-6)) ** 2))


@dataclass(frozen=True)
class Trust:
    """pairs: chance of every pair (a, b), a < b, to be right; root: the photo that the chain of trust starts
    from; stretch: of each photo, by how much its standard deviations are larger than its residuals say; firm:
    photos that all together make sure of.
    """

    pairs: dict[Pair, float]
    root: int
    stretch: dict[int, float]
    firm: frozenset[int] = frozenset()

    def witnesses(self, photos: Collection[int]) -> frozenset[int]:
        """Of all photos of the placement, those that say how firmly some of them stand.

        Firm ones say it alone: a photo that stands wrong would bend them to itself, and hold them there.
        """
        return self.firm if self.firm.issuperset(photos) else frozenset(self.stretch)


def trust_of(
    grown: Grown,
    reviews: dict[int, PhotoReview],
    firmness: Firmness,
    witness: Witness,
    trust: float,
    options: AnswerOptions,
    held: Collection[int] = (),
    hanging: Mapping[int, int] = NONE,
    tagged: Collection[Pair] = (),
    kept: Collection[int] = (),
) -> Trust:
    """How far every pair and photo of a placement is trusted.

    A pair is as good as the weakest link between its photos, and no better than the noise of the keypoints
    allows. held, hanging, kept: as for `chain_of_trust`; tagged: pairs with a tag in common, whose corners no
    one chose for agreeing.
    """
    chance_nats, right_deg = options.calibration.chance_nats, options.right_deg
    apart = right_deg, options.one_place
    chain = chain_of_trust(grown, reviews, witness, chance_nats, held, hanging, *apart, kept)
    if not chain:
        root = next(iter(grown.placement.cams_from_world))
        return Trust({}, root, dict.fromkeys(grown.placement.cams_from_world, 1.0))
    parents = {link.photo: link.parent for link in chain}
    strength = {link.photo: link_confidence(link, trust, options.calibration) for link in chain}
    off = {link.photo: _stretch(link, trust, tagged, options) for link in chain}
    photos, root = sorted(parents), chain[0].photo
    stretch = {
        one: max((off[other] for other in _between(parents, root, one)), default=off[root]) for one in photos
    }

    def chance(a: int, b: int, witnesses: Collection[int]) -> float:
        between = _between(parents, a, b)
        sigma_deg = firmness(witnesses).pair_degrees(a, b, max(off[photo] for photo in between))
        return min(strength[photo] for photo in between) * within_degrees(sigma_deg, right_deg)

    pairs = {(a, b): chance(a, b, photos) for a, b in combinations(photos, 2)}
    with_root = {
        photo for pair, one in pairs.items() if root in pair and one >= options.doubted for photo in pair
    }
    firm = frozenset(with_root)
    pairs |= {(a, b): chance(a, b, firm) for a, b in combinations(sorted(firm), 2)}
    return Trust(pairs, root, stretch, firm)


def _stretch(link: Link, trust: float, tagged: Collection[Pair], options: AnswerOptions) -> float:
    """Of the standard deviations of what one link holds."""
    if link.parent is not None and (min(link.photo, link.parent), max(link.photo, link.parent)) in tagged:
        return options.stretch.least
    return options.stretch.factor(trust * link.nats)


def _between(parents: dict[int, int | None], a: int, b: int) -> set[int]:
    """Photos whose links lie on the way from one to the other."""
    return set(_to_root(parents, a)) ^ set(_to_root(parents, b))


def _to_root(parents: dict[int, int | None], photo: int) -> list[int]:
    path = [photo]
    while (parent := parents[path[-1]]) is not None:
        path.append(parent)
    return path
