"""The relative pose of two views by their matches: hypotheses, each with its evidence and covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax

from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.pairs.pair_matches import weigh_motion
from objpose.cameras.scene.unlike import best_unlike
from objpose.features.local import LocalFeatures, LocalMatcher, Matches
from objpose.geometry.rigid_matrices import direction_degrees, inverse_matrix, rotation_degrees
from objpose.reference.adjust import Adjusted, Pair, adjusted
from objpose.reference.look import Look
from objpose.reference.options import ReferenceOptions
from objpose.reference.propose import starts
from objpose.reference.relief import MEASURED, bulging_relief, is_hollow, measured_relief

AXIS = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """b_from_a: (4, 4) of the two views, in units of `unit` metres, or where None of the thing's distance in
    a; share: of the chance; nats: evidence of all matches against chance; agreeing: matches that fit;
    covariance: (6, 6) of the twist (v, w) about the thing's middle in b, in that unit and radians.
    """

    b_from_a: np.ndarray
    share: float
    nats: float
    agreeing: int
    covariance: np.ndarray
    unit: float | None

    @property
    def sigma_deg(self) -> float:
        """Standard deviation of the turn about its least certain axis."""
        return float(np.degrees(np.sqrt(np.linalg.eigvalsh(self.covariance[3:, 3:])[-1])))


@dataclass(frozen=True, eq=False)
class MatchedLooks:
    """Keypoints under both masks, their matches, and the share of the matches' evidence that counts."""

    features: list[LocalFeatures]
    matches: Matches
    trust: float

    def swapped(self) -> MatchedLooks:
        return MatchedLooks(self.features[::-1], self.matches.swapped(), self.trust)


def match_looks(matcher: LocalMatcher, a: Look, b: Look) -> MatchedLooks:
    """What two views show in common."""
    found = matcher([a.rgb, b.rgb], [a.mask, b.mask])
    return MatchedLooks(found.features, found.matches[0, 1], found.trust)


def matched_poses(a: Look, b: Look, common: MatchedLooks, options: ReferenceOptions) -> list[Hypothesis]:
    """The distinct relative poses that matches allow, likeliest first; empty where they are too few.

    Points lie on the relief that one of the views measured, else on the one that its outline lets expect.
    """
    if a.depth is None and b.depth is not None:
        return [_turned_round(one) for one in matched_poses(b, a, common.swapped(), options)]
    features, matches = common.features, common.matches
    clear = matches.select(matches.ratios < options.clear_ratio)
    pair, known = _pair(a, b, features, clear, options)
    if len(pair.rays_a) < options.least_matches:
        return []
    weights = (1.0 - clear.ratios[known]).clip(0.05, 1.0)
    found = [adjusted(pair, *start) for start in starts(pair, weights, options.seed)]
    kept = _distinct(found, options)
    shares = softmax([_log_chance(one, options) for one in kept])
    views = a.view("reference", features[0]), b.view("target", features[1])
    return [
        Hypothesis(
            one.b_from_a,
            float(share),
            common.trust * weigh_motion(*views, matches, one.b_from_a, EvidenceOptions()),
            int((one.misfit < 3.0).sum()),
            one.covariance,
            pair.relief.unit,
        )
        for one, share in zip(kept, shares, strict=True)
    ]


def _pair(
    a: Look, b: Look, features: list[LocalFeatures], matches: Matches, options: ReferenceOptions
) -> tuple[Pair, np.ndarray]:
    """The matches at which a's relief is known, and which (M,) those are."""
    pixels_a, pixels_b = (
        one.keypoints[matches.indices[:, side]].astype(np.float64) for side, one in enumerate(features)
    )
    relief = bulging_relief(a, pixels_a) if a.depth is None else measured_relief(a, pixels_a)
    known = relief.is_known
    depth_b = np.zeros(len(known))
    if relief.unit is not None and b.depth is not None and len(known):
        there = measured_relief(b, pixels_b)
        assert there.unit is not None
        depth_b = np.where(there.is_known, there.expected * there.unit / relief.unit, 0.0)
    noise = options.keypoint_px * b.pixel
    rays = a.rays(pixels_a)[known], b.rays(pixels_b)[known]
    seen = relief.select(known)
    return Pair(*rays, seen, noise, depth_b[known], MEASURED, options.independent), known


def _log_chance(one: Adjusted, options: ReferenceOptions) -> float:
    """Nats, up to a constant: of matches and relief, of the view's change, and against a hollow side."""
    aside = direction_degrees(one.b_from_a[2, :3], AXIS) / options.aside_deg
    return -one.cost - 0.5 * aside**2 - options.hollow_nats * is_hollow(one.amounts)


def _distinct(found: list[Adjusted], options: ReferenceOptions) -> list[Adjusted]:
    def same(one: Adjusted, other: Adjusted) -> bool:
        return rotation_degrees(one.b_from_a[:3, :3].T @ other.b_from_a[:3, :3]) < options.same_deg

    return best_unlike(found, [_log_chance(one, options) for one in found], same, options.kept)


def _turned_round(one: Hypothesis) -> Hypothesis:
    """a_from_b of b_from_a: the twist about the same point, in the axes of the other view."""
    back = inverse_matrix(one.b_from_a)
    turn = np.kron(np.eye(2), back[:3, :3])
    return replace(one, b_from_a=back, covariance=turn @ one.covariance @ turn.T)
