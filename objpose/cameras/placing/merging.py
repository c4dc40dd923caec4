"""Mini-scenes become one: the Sim(3) between two placements that the photos of both want most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from objpose.cameras.known.known import standing
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.between import MatchesBetween
from objpose.cameras.placing.growth import pair_evidence, weigh_placement
from objpose.cameras.placing.options import MergingOptions, PlacingOptions
from objpose.cameras.placing.resection import Resection
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import NOTHING, Grown, Placement, Prediction
from objpose.cameras.scene.prediction import predict
from objpose.cameras.scene.relative import depths, relative_pose
from objpose.cameras.scene.unlike import best_unlike
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import inverse_matrix


@dataclass(frozen=True, eq=False)
class Merged:
    """Two placements as one; the nats of the pairs between them, and what one's points say of the other."""

    grown: Grown
    of_pairs: float
    predicted: Prediction

    @property
    def evidence_between(self) -> float:
        return self.of_pairs + self.predicted.nats

    @property
    def worth(self) -> float:
        """Nats to compare ways of joining by: each photo's own side confirms it in all of them alike, so that
        what the other side says counts for itself.
        """
        return self.grown.evidence + self.predicted.nats

    @staticmethod
    def of(problem: CameraProblem, grown: Grown, inside: Collection[int]) -> Merged:
        """A placement as one part of it, the photos inside, and the rest."""
        said = predicted_between(problem, grown.placement, inside)
        return Merged(grown, evidence_between(grown.pair_evidence, inside), said)


def merge(
    problem: CameraProblem, main: Placement, other: Placement, options: PlacingOptions, seed: int = 0
) -> Merged | None:
    """Both placements in the frame of the first, by the similarity of most evidence; None if none is offered.

    Offers come from the pair hypotheses between the two and from resection on the points of the main one;
    lengths from depths that both sides know. The larger one stays, or the main one where known cameras hold
    it. The best are adjusted as a whole before the last judgement.
    """
    is_known = standing(main.cams_from_world, problem.held)
    if len(main.cams_from_world) < len(other.cams_from_world) and not is_known:
        main, other = other, main
    between = MatchesBetween(problem, main, other, options.merging)
    offers = _offers(problem, main, other, options, seed)
    judged = []
    for moved in best_unlike(offers, between.counts(offers), between.alike, options.merging.judged):
        cams = {**main.cams_from_world, **moved}
        of_pairs = evidence_between(pair_evidence(problem, cams), main.cams_from_world)
        judged.append((of_pairs + predicted_by(problem, main, moved).nats, cams))
    judged.sort(key=lambda one: -one[0])
    found = []
    for _, cams in judged[: options.merging.adjusted]:
        grown = weigh_placement(problem, settle(problem, cams, options.settle, is_quick=True))
        found.append(Merged.of(problem, grown, main.cams_from_world))
    return max(found, key=lambda one: one.worth, default=None)


def evidence_between(nats: dict[Pair, float], inside: Collection[int]) -> float:
    """The part of the pairs that have one photo inside and the other outside."""
    return sum(value for (a, b), value in nats.items() if (a in inside) != (b in inside))


def predicted_between(problem: CameraProblem, placement: Placement, inside: Collection[int]) -> Prediction:
    """What the points of the photos inside say of those outside, and the other way round."""
    outside = placement.cams_from_world.keys() - set(inside)
    parts = placement.among(inside), placement.among(outside)
    there, here = parts[1].cams_from_world, parts[0].cams_from_world
    return predicted_by(problem, parts[0], there) + predicted_by(problem, parts[1], here)


def predicted_by(problem: CameraProblem, placement: Placement, cams: dict[int, np.ndarray]) -> Prediction:
    """What the points of a placement say of further cameras in its frame."""
    weighing = problem.options.prediction
    said = [predict(problem.views, placement, photo, cam, weighing) for photo, cam in cams.items()]
    return sum(said, NOTHING)


def bring_along(
    other: Placement, photo: int, cam_from_main: np.ndarray, scale: float
) -> dict[int, np.ndarray]:
    """The cameras of a placement after the similarity that puts one photo at cam_from_main."""
    moved = {}
    for index, cam_from_other in other.cams_from_world.items():
        cam_from_photo = cam_from_other @ inverse_matrix(other.cams_from_world[photo])
        cam_from_photo[:3, 3] *= scale
        moved[index] = cam_from_photo @ cam_from_main
    return moved


def _offers(
    problem: CameraProblem, main: Placement, other: Placement, options: PlacingOptions, seed: int
) -> list[dict[int, np.ndarray]]:
    """The cameras of the other placement after every similarity that resection or a pair asks for."""
    by_points = _offers_by_points(problem, main, other, options, seed)
    return by_points + _offers_by_pairs(problem, main, other, options.merging)


def _offers_by_points(
    problem: CameraProblem, main: Placement, other: Placement, options: PlacingOptions, seed: int
) -> list[dict[int, np.ndarray]]:
    found = []
    for photo in other.cams_from_world:
        for cam_from_main in Resection(problem, main, photo, options.resection).from_points(seed):
            cams = {**main.cams_from_world, photo: cam_from_main}
            lengths = [
                _Baseline.of(problem, cams, main, other, a, photo, options.merging)
                for a in main.cams_from_world
            ]
            ratios = np.concatenate([one.ratios for one in lengths if one is not None] or [np.zeros(0)])
            if len(ratios) >= options.merging.shared_enough:
                found.append(bring_along(other, photo, cam_from_main, float(np.median(ratios))))
    return found


def _offers_by_pairs(
    problem: CameraProblem, main: Placement, other: Placement, options: MergingOptions
) -> list[dict[int, np.ndarray]]:
    between = [
        (hypothesis, a, b)
        for a in main.cams_from_world
        for b in other.cams_from_world
        for hypothesis in problem.hypotheses_of(a, b)
    ]
    between.sort(key=lambda one: -one[0].evidence)
    found = []
    for hypothesis, a, b in between[: options.hypotheses]:
        cams = {a: np.eye(4), b: hypothesis.b_from_a}
        baseline = _Baseline.of(problem, cams, main, other, a, b, options)
        if baseline is None:
            continue
        for length in baseline.main_lengths:
            cam_from_main = hypothesis.at_length(length) @ main.cams_from_world[a]
            found.append(bring_along(other, b, cam_from_main, length / baseline.other_length))
    return found


@dataclass(frozen=True, eq=False)
class _Baseline:
    """What two photos of a pair say of lengths, one of the main placement and one of the other.

    main_lengths: factors that bring the pair's unit to the main one's; other_length: the same of the other;
    ratios: main units an other unit, of every match whose depth the other placement knows, if the pair is in
    main units.
    """

    main_lengths: np.ndarray
    other_length: float
    ratios: np.ndarray

    @staticmethod
    def of(
        problem: CameraProblem,
        cams: dict[int, np.ndarray],
        main: Placement,
        other: Placement,
        a: int,
        b: int,
        options: MergingOptions,
    ) -> _Baseline | None:
        """None where no match agrees."""
        b_from_a = relative_pose(cams, a, b)
        matches = problem.agreeing(a, b, b_from_a)
        if matches is None or not len(matches) or not b_from_a[:3, 3].any():
            return None
        rays = [problem.views[view].rays[matches.indices[:, side]] for side, view in enumerate((a, b))]
        depth_a, depth_b = depths(b_from_a, *rays)
        known_a = main.depths(a, len(problem.views[a].features))
        known_b = other.depths(b, len(problem.views[b].features))
        in_main = _factors(known_a, matches.indices[:, 0], depth_a, options.shared_enough)
        in_other = _factors(known_b, matches.indices[:, 1], depth_b, options.shared_enough)
        ratios = depth_b / known_b[matches.indices[:, 1]]
        ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
        if in_main is None or in_other is None:
            return None
        lengths = np.unique(np.quantile(in_main, options.length_quantiles))
        return _Baseline(lengths, float(np.median(in_other)), ratios)


def _factors(known: np.ndarray, keypoints: np.ndarray, depth: np.ndarray, enough: int) -> np.ndarray | None:
    """Placement units a unit of the depths (M,): match by match, or of the typical depths where few match."""
    factors = known[keypoints] / depth
    factors = factors[np.isfinite(factors) & (factors > 0)]
    if len(factors) >= enough:
        return factors
    in_front, seen = depth[depth > 0], known[np.isfinite(known)]
    return np.median(seen)[None] / np.median(in_front) if len(in_front) and len(seen) else None
