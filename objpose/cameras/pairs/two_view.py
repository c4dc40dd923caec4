"""Pair hypotheses: for two photos not one relative pose but a weighted set, each judged by its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from objpose.cameras.pairs.hypothesis import PairHypothesis, distinct_hypotheses
from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.scene.relative import epipolar_misfit
from objpose.cameras.scene.views import View
from objpose.features.local import Matches


def find_hypotheses(
    view_a: View,
    view_b: View,
    matches: Matches,
    options: PairOptions = PairOptions(),  # noqa: B008 - frozen
    seed: int = 0,
) -> list[PairHypothesis]:
    """The distinct hypotheses of a pair that beat chance, the one of most evidence first; at most six.

    Modes of the essential matrix (Nister 2004 in LO-RANSAC) over subsets of the matches and what they leave,
    and all decompositions of the dominant plane, with every solution that leaves points in front of both
    cameras. Where none is sure, the matches near the best ones are searched again.
    """
    if len(matches) < options.least_matches:
        return []
    pair = PairMatches(view_a, view_b, matches)
    found: list[np.ndarray] = []
    for limit, count in zip(options.ratio_limits, options.modes, strict=True):
        chosen = matches.ratios < limit
        if found and pair.agrees(found[0])[chosen].mean() > options.dominant:
            break
        found += pair.essential_modes(chosen, seed, options, count)
    found += pair.plane_modes(matches.ratios < options.plane_ratio, seed, options)
    weighed = distinct_hypotheses(_weighed(pair, found, options), options)
    if weighed and weighed[0].evidence < options.sure_nats:
        motions = [one.b_from_a for one in weighed[: options.searched_again]]
        quick = replace(options, trials=options.near_trials)
        return _near(pair, motions, options.near_deg, weighed, quick, seed)
    return weighed


def first_look(
    views: tuple[View, View], matches: Matches, options: PairOptions, seed: int = 0
) -> list[PairHypothesis]:
    """The dominant mode of the clearest matches where it has more than chance gives, by a short search."""
    pair, quick = PairMatches(*views, matches), replace(options, trials=options.look_trials)
    modes = pair.essential_modes(matches.ratios < options.ratio_limits[0], seed, quick, 1)
    return [one for one in _weighed(pair, modes, options) if one.evidence > options.evidence.chance_nats]


def find_near(
    view_a: View,
    view_b: View,
    matches: Matches,
    motions: Sequence[np.ndarray],
    known: Sequence[PairHypothesis],
    options: PairOptions,
    seed: int = 0,
) -> list[PairHypothesis]:
    """The hypotheses already known of a pair and those found near rough motions (4, 4).

    A rough motion rules out most wrong matches, so that the essential matrix of few right ones is found among
    the rest: with a share of right matches twice as large, 32 times as easily.
    """
    pair = PairMatches(view_a, view_b, matches)
    return _near(pair, motions, options.rough_deg, known, options, seed)


def strongest(pair: PairMatches, options: PairOptions, seed: int) -> float:
    """Nats of the dominant mode of the essential matrix alone, 0 without one: to compare intrinsics."""
    modes = pair.essential_modes(np.ones(len(pair.matches), dtype=bool), seed, options, 1)
    return max((one.evidence for one in _weighed(pair, modes, options)), default=0.0)


def _near(
    pair: PairMatches,
    motions: Sequence[np.ndarray],
    degrees: float,
    known: Sequence[PairHypothesis],
    options: PairOptions,
    seed: int,
) -> list[PairHypothesis]:
    """Beside what is known, what is found among the matches that are no more than so many degrees off."""
    found = []
    for b_from_a in motions:
        near = epipolar_misfit(b_from_a, pair.rays_a, pair.rays_b, np.tan(np.radians(degrees))) < 1.0
        for limit in options.ratio_limits:
            found += pair.essential_modes(near & (pair.matches.ratios < limit), seed, options, 1)
    return distinct_hypotheses([*known, *_weighed(pair, found, options)], options)


def _weighed(pair: PairMatches, motions: Sequence[np.ndarray], options: PairOptions) -> list[PairHypothesis]:
    """The motions refined on what agrees with them, and what speaks for each."""
    return [pair.weighed(pair.refined(one, options), options.evidence) for one in motions]
