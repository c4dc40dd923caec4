"""The relative pose of two views by their matches: hypotheses, each adjusted and with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax

from objpose.cameras.scene.unlike import best_unlike
from objpose.features.local import LocalFeatures, LocalMatcher, Matches
from objpose.geometry.rigid_matrices import inverse_matrix, rotation_degrees
from objpose.reference.adjust import Adjusted, Pair, adjusted
from objpose.reference.described import CellMatches, matched_cells
from objpose.reference.evidence import Evidence, chance_nats
from objpose.reference.look import Look
from objpose.reference.options import ReferenceOptions
from objpose.reference.propose import starts
from objpose.reference.relief import places_in, relief_of, unknown_relief
from objpose.reference.weighed import evidence_for

AXIS = np.array([0.0, 0.0, 1.0])
FITS = 3.0  # standard deviations that a match may be off


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """b_from_a: (4, 4) of the two views, in units of `unit` metres, or where None of the thing's distance in
    a; share: of the chance; evidence: for it; agreeing: matches that fit; covariance: (6, 6) of the twist
    (v, w) about the thing's middle in b, in that unit and radians.
    """

    b_from_a: np.ndarray
    share: float
    evidence: Evidence
    agreeing: int
    covariance: np.ndarray
    unit: float | None

    @property
    def sigma_deg(self) -> float:
        """Standard deviation of the turn about its least certain axis."""
        return float(np.degrees(np.sqrt(np.linalg.eigvalsh(self.covariance[3:, 3:])[-1])))


@dataclass(frozen=True, eq=False)
class MatchedLooks:
    """Keypoints under both masks, their matches, the share of the matches' evidence that counts, and the
    matches of cells for each of the likeliest turns of the second view.
    """

    features: list[LocalFeatures]
    matches: Matches
    trust: float
    cells: list[CellMatches]

    def swapped(self) -> MatchedLooks:
        cells = [one.swapped() for one in self.cells]
        return MatchedLooks(self.features[::-1], self.matches.swapped(), self.trust, cells)


def match_looks(matcher: LocalMatcher, a: Look, b: Look, options: ReferenceOptions) -> MatchedLooks:
    """What two views show in common."""
    found = matcher([a.rgb, b.rgb], [a.mask, b.mask])
    cells = [matched_cells(a.upright, turned) for turned in b.turned]
    likeliest = sorted(cells, key=lambda one: -one.alike)[: options.turns]
    return MatchedLooks(found.features, found.matches[0, 1], found.trust, likeliest)


def matched_poses(a: Look, b: Look, common: MatchedLooks, options: ReferenceOptions) -> list[Hypothesis]:
    """The distinct relative poses that matches allow, likeliest first; empty where they are too few.

    Points lie on the relief that one of the views measured, else on those that outlines let expect.
    """
    if a.depth is None and b.depth is not None:
        return [_turned_round(one) for one in matched_poses(b, a, common.swapped(), options)]
    found = []
    for cells in common.cells:
        pair, weights = _pair(a, b, common, cells, options)
        if len(weights) >= options.least_matches:
            tried = [adjusted(pair, *start) for start in starts(pair, weights, options.seed)]
            found += [_again(a, b, common, one, options) for one in _distinct(tried, options.same_deg / 2)]
    return shared([_hypothesis(a, b, common, *one) for one in found], options)


def shared(found: list[Hypothesis], options: ReferenceOptions) -> list[Hypothesis]:
    """The likeliest of those that are turned alike, the likeliest first, with their shares of the chance."""

    def same(one: Hypothesis, other: Hypothesis) -> bool:
        return turned_deg(one.b_from_a, other.b_from_a) < options.same_deg

    kept = best_unlike(found, [chance_nats(one.evidence) for one in found], same, options.kept)
    shares = softmax([chance_nats(one.evidence) for one in kept]) if kept else []
    return [replace(one, share=float(share)) for one, share in zip(kept, shares, strict=True)]


def _pair(
    a: Look, b: Look, common: MatchedLooks, cells: CellMatches, options: ReferenceOptions
) -> tuple[Pair, np.ndarray]:
    """Matches of cells in one turn and of keypoints, where a's relief is known, and (N,) their weights."""
    clear = common.matches.select(common.matches.ratios < options.clear_ratio)
    keypoints = [
        one.keypoints[clear.indices[:, side]].astype(np.float64) for side, one in enumerate(common.features)
    ]
    first, second = (
        np.concatenate(ends) for ends in zip((cells.first, cells.second), keypoints, strict=True)
    )
    noise = np.repeat(
        [options.cell_px * b.upright.picture.scale / b.K[0, 0], options.keypoint_px * b.pixel],
        [len(cells.first), len(clear)],
    )
    weights = np.concatenate([cells.weights, (1.0 - clear.ratios).clip(0.05, 1.0)])
    here, there = relief_of(a, first), relief_of(b, second, is_other=True)
    if here.unit is not None and there.unit is None:  # what is measured needs no guess beside it
        there = unknown_relief(len(second))
    known = here.is_known
    rays = a.rays(first)[known], b.rays(second)[known]
    pair = Pair(*rays, here.select(known), there.select(known), noise[known], options.independent)
    return pair, weights[known]


def _again(
    a: Look, b: Look, common: MatchedLooks, one: Adjusted, options: ReferenceOptions
) -> tuple[Pair, Adjusted]:
    """With cells matched anew near to where a pose expects them, and adjusted to that."""
    here = a.upright.places
    for _ in range(options.rounds):
        there = places_in(a, b, here, one.b_from_a, one.amounts)
        cells = matched_cells(a.upright, b.turned_as(here, there), there)
        pair, weights = _pair(a, b, common, cells, options)
        if len(weights) >= options.least_matches:
            one = adjusted(pair, one.b_from_a, one.amounts)
    return pair, one


def _hypothesis(a: Look, b: Look, common: MatchedLooks, pair: Pair, one: Adjusted) -> Hypothesis:
    """With its evidence; its share is not known yet."""
    keypoints = common.features, common.matches, common.trust
    evidence = evidence_for(a, b, *keypoints, one.b_from_a, one.amounts, one.length)
    agreeing = int((one.misfit < FITS).sum())
    return Hypothesis(one.b_from_a, 0.0, evidence, agreeing, one.covariance, pair.relief.unit)


def turned_deg(one: np.ndarray, other: np.ndarray) -> float:
    """Degrees between the turns of two poses (4, 4)."""
    return rotation_degrees(one[:3, :3].T @ other[:3, :3])


def _distinct(found: list[Adjusted], apart_deg: float) -> list[Adjusted]:
    """The likeliest of those of one set of matches that are turned alike."""

    def same(one: Adjusted, other: Adjusted) -> bool:
        return turned_deg(one.b_from_a, other.b_from_a) < apart_deg

    return best_unlike(found, [-one.cost for one in found], same, len(found))


def _turned_round(one: Hypothesis) -> Hypothesis:
    """a_from_b of b_from_a: the twist about the same point, in the axes of the other view."""
    back = inverse_matrix(one.b_from_a)
    turn = np.kron(np.eye(2), back[:3, :3])
    return replace(one, b_from_a=back, covariance=turn @ one.covariance @ turn.T)
