"""Mini-scenes become one: the Sim(3) between two placements that the photos of both want most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from objpose.cameras.pairs.problem import Problem, relative_pose
from objpose.cameras.placing.growth import GROWTH_TRACKS, Grown, pair_evidence, weigh
from objpose.cameras.placing.resection import QUICK_RATIO, Resection
from objpose.cameras.placing.settle import Placement, settle
from objpose.cameras.scene.relative import depths, epipolar_misfit, inverse
from objpose.cameras.scene.tracks import Pair
from objpose.features.local import Matches

HYPOTHESES_USED = 60  # of the pairs between, those of most evidence
SHARED_ENOUGH = 3  # matches with known depth that fix a length
LENGTH_QUANTILES = (0.25, 0.5, 0.75)
# Tolerances within which a match counts for a Sim(3) that adjustment has not seen yet.
QUICK_LENIENCY = 2.0
# Similarities that go from the quick count to the evidence, and those of them that are adjusted.
JUDGED, ADJUSTED = 12, 3
SAME_TURN_DEG, SAME_SHIFT = 3.0, 0.1  # of the extent of the main placement


@dataclass(frozen=True, eq=False)
class Merged:
    """Two placements as one, and the nats of the pairs between them."""

    grown: Grown
    evidence_between: float


def merge(problem: Problem, main: Placement, other: Placement, seed: int = 0) -> Merged | None:
    """Both placements in the frame of the first, by the similarity of most evidence; None if none is offered.

    Offers come from the pair hypotheses between the two and from resection on the points of the main one;
    lengths from depths that both sides know. The best are adjusted as a whole before the last judgement.
    """
    if len(main.cams_from_world) < len(other.cams_from_world):
        main, other = other, main
    offers = _distinct(_offers(problem, main, other, seed), _Between(problem, main, other), main)
    judged = []
    for moved in offers[:JUDGED]:
        cams = {**main.cams_from_world, **moved}
        judged.append((evidence_between(pair_evidence(problem, cams), main.cams_from_world), cams))
    judged.sort(key=lambda one: -one[0])
    found = []
    for _, cams in judged[:ADJUSTED]:
        grown = weigh(problem, settle(problem, cams, most_tracks=GROWTH_TRACKS))
        found.append(Merged(grown, evidence_between(grown.pair_evidence, main.cams_from_world)))
    return max(found, key=lambda one: one.grown.evidence, default=None)


def evidence_between(nats: dict[Pair, float], inside: Collection[int]) -> float:
    """The part of the pairs that have one photo inside and the other outside."""
    return sum(value for (a, b), value in nats.items() if (a in inside) != (b in inside))


def bring_along(
    other: Placement, photo: int, cam_from_main: np.ndarray, scale: float
) -> dict[int, np.ndarray]:
    """The cameras of a placement after the similarity that puts one photo at cam_from_main."""
    moved = {}
    for index, cam_from_other in other.cams_from_world.items():
        cam_from_photo = cam_from_other @ inverse(other.cams_from_world[photo])
        cam_from_photo[:3, 3] *= scale
        moved[index] = cam_from_photo @ cam_from_main
    return moved


def _offers(problem: Problem, main: Placement, other: Placement, seed: int) -> list[dict[int, np.ndarray]]:
    found = []
    for photo in other.cams_from_world:
        for cam_from_main in Resection(problem, main, photo).from_points(seed):
            cams = {**main.cams_from_world, photo: cam_from_main}
            lengths = [_Baseline.of(problem, cams, main, other, a, photo) for a in main.cams_from_world]
            ratios = np.concatenate([one.ratios for one in lengths if one is not None] or [np.zeros(0)])
            if len(ratios) >= SHARED_ENOUGH:
                found.append(bring_along(other, photo, cam_from_main, float(np.median(ratios))))
    between = [
        (hypothesis, a, b)
        for a in main.cams_from_world
        for b in other.cams_from_world
        for hypothesis in problem.hypotheses_of(a, b)
    ]
    between.sort(key=lambda one: -one[0].evidence)
    for hypothesis, a, b in between[:HYPOTHESES_USED]:
        cams = {a: np.eye(4), b: hypothesis.b_from_a}
        baseline = _Baseline.of(problem, cams, main, other, a, b)
        if baseline is None:
            continue
        for length in baseline.main_lengths:
            b_from_a = hypothesis.b_from_a.copy()
            b_from_a[:3, 3] *= length
            cam_from_main = b_from_a @ main.cams_from_world[a]
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
        problem: Problem, cams: dict[int, np.ndarray], main: Placement, other: Placement, a: int, b: int
    ) -> _Baseline | None:
        """None where no match agrees."""
        b_from_a = relative_pose(cams, a, b)
        matches = problem.agreeing(a, b, b_from_a)
        if matches is None or not len(matches) or not b_from_a[:3, 3].any():
            return None
        rays = [problem.views[view].rays[matches.indices[:, side]] for side, view in enumerate((a, b))]
        depth_a, depth_b = depths(b_from_a, *rays)
        in_main = _factors(known_depths(problem, main, a), matches.indices[:, 0], depth_a)
        in_other = _factors(known_depths(problem, other, b), matches.indices[:, 1], depth_b)
        shared = known_depths(problem, other, b)[matches.indices[:, 1]]
        ratios = depth_b / shared
        ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
        if in_main is None or in_other is None:
            return None
        return _Baseline(
            np.unique(np.quantile(in_main, LENGTH_QUANTILES)), float(np.median(in_other)), ratios
        )


def _factors(known: np.ndarray, keypoints: np.ndarray, depth: np.ndarray) -> np.ndarray | None:
    """Placement units a unit of the depths (M,): match by match, or of the typical depths where few match."""
    factors = known[keypoints] / depth
    factors = factors[np.isfinite(factors) & (factors > 0)]
    if len(factors) >= SHARED_ENOUGH:
        return factors
    in_front, seen = depth[depth > 0], known[np.isfinite(known)]
    return np.median(seen)[None] / np.median(in_front) if len(in_front) and len(seen) else None


def known_depths(problem: Problem, placement: Placement, photo: int) -> np.ndarray:
    """(N,) depth of the point at every keypoint of a placed photo, nan where there is none."""
    known = np.full(len(problem.views[photo].features), np.nan)
    mine = placement.tracks.view == photo
    cam = placement.cams_from_world[photo]
    seen = placement.points[placement.tracks.track[mine]] @ cam[2, :3] + cam[2, 3]
    known[placement.tracks.keypoint[mine]] = seen
    return known


class _Between:
    """The unambiguous matches of the pairs between two placements, to count quickly how many agree."""

    def __init__(self, problem: Problem, main: Placement, other: Placement):
        self.cams = main.cams_from_world
        self.links = []
        for a in main.cams_from_world:
            for b in other.cams_from_world:
                matches: Matches | None = problem.matches_of(a, b)
                if matches is not None:
                    kept = matches.indices[matches.ratios < QUICK_RATIO]
                    rays = problem.views[a].rays[kept[:, 0]], problem.views[b].rays[kept[:, 1]]
                    self.links.append((a, b, *rays, QUICK_LENIENCY * problem.tolerance(a, b)))

    def count(self, moved: dict[int, np.ndarray]) -> int:
        total = 0
        for a, b, rays_a, rays_b, tolerance in self.links:
            b_from_a = moved[b] @ inverse(self.cams[a])
            total += np.count_nonzero(epipolar_misfit(b_from_a, rays_a, rays_b, tolerance) < 1.0)
        return total


def _distinct(
    offers: list[dict[int, np.ndarray]], between: _Between, main: Placement
) -> list[dict[int, np.ndarray]]:
    """The offers by how many matches agree, less those that are much like a better one."""
    counts = np.array([between.count(moved) for moved in offers])
    kept: list[dict[int, np.ndarray]] = []
    for index in np.argsort(-counts, kind="stable"):
        if not any(_alike(offers[index], other, main.extent) for other in kept):
            kept.append(offers[index])
        if len(kept) == JUDGED:
            break
    return kept


def _alike(first: dict[int, np.ndarray], second: dict[int, np.ndarray], extent: float) -> bool:
    """Whether two placements of the same photos differ by no more than adjustment would remove."""
    ours, theirs = (np.array([cams[index] for index in sorted(cams)]) for cams in (first, second))
    turns = np.einsum("nij,nij->n", ours[:, :3, :3], theirs[:, :3, :3])
    if ((turns - 1) / 2 < np.cos(np.radians(SAME_TURN_DEG))).any():
        return False
    centres = [-np.einsum("nji,nj->ni", cams[:, :3, :3], cams[:, :3, 3]) for cams in (ours, theirs)]
    return bool((np.linalg.norm(centres[0] - centres[1], axis=1) < SAME_SHIFT * extent).all())
