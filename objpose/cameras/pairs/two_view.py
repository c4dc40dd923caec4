"""Pair hypotheses: for two photos not one relative pose but a weighted set, each judged by its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objpose.cameras.pairs.evidence import epipolar_chance, evidence, patches_of, point_chance
from objpose.cameras.pairs.homography import decompose_homography
from objpose.cameras.scene.colmap import MAX_TRIALS, matrix_of, ransac_options, rigid3d
from objpose.cameras.scene.relative import (
    direction_angle,
    epipolar_misfit,
    homogeneous,
    inverse,
    ray_angles,
    rotation_angle,
)
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.pycolmap_log import quiet

# The ambiguity up to which matches enter a search: strict ones first, then ever more of them with ever more
# wrong.
RATIO_LIMITS = (0.8, 0.9, 0.97)
MIN_MATCHES = 8  # three more than the minimal sample
# Hypotheses closer than this, in degrees of rotation and of direction, are one.
SAME_ROTATION_DEG, SAME_DIRECTION_DEG = 3.0, 15.0
KEPT = 6
QUICK_TRIALS = 400  # find a mode that most matches obey
# A relative pose that explains this share of the unambiguous matches leaves no room for another mode.
DOMINANT = 0.7
ROUGH_DEG = 10.0  # that a motion proposed from outside may be off
# A pair whose best hypothesis has less is searched again near so many of them, within these degrees.
SURE_NATS, SEARCHED_AGAIN, NEAR_DEG = 100.0, 3, 5.0


@dataclass(frozen=True, eq=False)
class PairHypothesis:
    """One relative pose of photos a and b.

    b_from_a: (4, 4), translation of unit length, or zero for a turn in place; evidence: nats against chance;
    inliers: (M,) bool, which of the pair's matches it explains; angle_deg: median angle between their rays.
    """

    b_from_a: np.ndarray
    evidence: float
    inliers: np.ndarray
    angle_deg: float

    def swapped(self) -> PairHypothesis:
        """The same from b to a."""
        return PairHypothesis(inverse(self.b_from_a), self.evidence, self.inliers, self.angle_deg)


def propose(view_a: View, view_b: View, matches: Matches, seed: int = 0) -> list[PairHypothesis]:
    """The distinct hypotheses of a pair that beat chance, the one of most evidence first; at most six.

    Modes of the essential matrix (Nister 2004 in LO-RANSAC) over subsets of the matches and what they leave,
    and all decompositions of the dominant plane, with every solution that leaves points in front of both
    cameras. Where none is sure, the matches near the best ones are searched again.
    """
    if len(matches) < MIN_MATCHES:
        return []
    pair = _Pair(view_a, view_b, matches)
    found: list[np.ndarray] = []
    for limit in RATIO_LIMITS:
        chosen = matches.ratios < limit
        if found and pair.agrees(found[0])[chosen].mean() > DOMINANT:
            break
        found += pair.essential_modes(chosen, seed)
    found += pair.plane_modes(matches.ratios < RATIO_LIMITS[1], seed)
    judged = _distinct([pair.judge(pair.refined(b_from_a)) for b_from_a in found])
    if judged and judged[0].evidence < SURE_NATS:
        motions = [one.b_from_a for one in judged[:SEARCHED_AGAIN]]
        return propose_near(view_a, view_b, matches, motions, judged, seed, NEAR_DEG)
    return judged


def propose_near(
    view_a: View,
    view_b: View,
    matches: Matches,
    motions: Sequence[np.ndarray],
    known: Sequence[PairHypothesis],
    seed: int = 0,
    rough_deg: float = ROUGH_DEG,
) -> list[PairHypothesis]:
    """The hypotheses already known of a pair and those found near rough motions (4, 4), as by `propose`.

    rough_deg: degrees that matches may be off the rough motions.

    A rough motion rules out most wrong matches, so that the essential matrix of few right ones is found among
    the rest: with a share of right matches twice as large, 32 times as easily.
    """
    pair = _Pair(view_a, view_b, matches)
    found = []
    for b_from_a in motions:
        near = epipolar_misfit(b_from_a, pair.rays_a, pair.rays_b, np.tan(np.radians(rough_deg))) < 1.0
        for limit in RATIO_LIMITS:
            found += pair.essential_modes(near & (matches.ratios < limit), seed, count=1)
    return _distinct([*known, *(pair.judge(pair.refined(one)) for one in found)])


def strongest(view_a: View, view_b: View, matches: Matches, seed: int = 0) -> float:
    """Nats of the dominant mode of the essential matrix alone, 0 without one: to compare intrinsics."""
    pair = _Pair(view_a, view_b, matches)
    modes = pair.essential_modes(np.ones(len(matches), dtype=bool), seed, 1, QUICK_TRIALS)
    return pair.judge(pair.refined(modes[0])).evidence if modes else 0.0


def judge(view_a: View, view_b: View, matches: Matches, b_from_a: np.ndarray) -> PairHypothesis:
    """A given relative pose weighed against the matches of a pair."""
    return _Pair(view_a, view_b, matches).judge(b_from_a)


class _Pair:
    """Two views with their matches, as rays."""

    def __init__(self, view_a: View, view_b: View, matches: Matches):
        self.view_a, self.view_b, self.matches = view_a, view_b, matches
        self.rays_a = view_a.rays[matches.indices[:, 0]]
        self.rays_b = view_b.rays[matches.indices[:, 1]]
        self.patches = [
            patches_of(view, matches.indices[:, side]) for side, view in enumerate((view_a, view_b))
        ]
        self.tolerance = float(np.sqrt(view_a.tolerance * view_b.tolerance))

    def essential_modes(
        self, chosen: np.ndarray, seed: int, count: int = 2, trials: int = MAX_TRIALS
    ) -> list[np.ndarray]:
        """The relative pose of the most inliers, then that of what it leaves, up to so many."""
        import pycolmap

        modes = []
        chosen = np.flatnonzero(chosen)
        for turn in range(count):
            if len(chosen) < MIN_MATCHES:
                break
            options = ransac_options(self.tolerance, seed + turn, trials)
            rays = (homogeneous(self.rays_a[chosen]), homogeneous(self.rays_b[chosen]))
            with quiet():
                found = pycolmap.estimate_relative_pose(*map(_unit, rays), options)
            if found is None or found["num_inliers"] < MIN_MATCHES:
                break
            modes.append(matrix_of(found["cam2_from_cam1"]))
            if found["num_inliers"] > DOMINANT * len(chosen):
                break
            chosen = chosen[~found["inlier_mask"]]
        return modes

    def plane_modes(self, chosen: np.ndarray, seed: int) -> list[np.ndarray]:
        """All motions that the dominant plane allows, those with points behind a camera left out."""
        import pycolmap

        a, b = self.rays_a[chosen], self.rays_b[chosen]
        if len(a) < MIN_MATCHES:
            return []
        with quiet():
            found = pycolmap.estimate_homography_matrix(a, b, ransac_options(1.5 * self.tolerance, seed))
        if found is None or found["num_inliers"] < MIN_MATCHES:
            return []
        inlier = homogeneous(a[found["inlier_mask"]])
        H = found["H"]
        return [
            motion
            for motion, normal in decompose_homography(_positive(H, inlier))
            if _in_front(inlier, normal)
        ]

    def refined(self, b_from_a: np.ndarray) -> np.ndarray:
        """The hypothesis fitted to its own inliers, twice, as they change."""
        import pycolmap

        for _ in range(2):
            inliers = self.agrees(b_from_a)
            if inliers.sum() < MIN_MATCHES or not b_from_a[:3, 3].any():
                return b_from_a
            with quiet():
                found = pycolmap.refine_relative_pose(
                    rigid3d(b_from_a),
                    _unit(homogeneous(self.rays_a)),
                    _unit(homogeneous(self.rays_b)),
                    inliers,
                )
            if found is None:
                return b_from_a
            b_from_a = matrix_of(found["cam2_from_cam1"])
        return b_from_a

    def agrees(self, b_from_a: np.ndarray) -> np.ndarray:
        """(M,) whether a match fits."""
        return self.misfit(b_from_a) < 1.0

    def misfit(self, b_from_a: np.ndarray) -> np.ndarray:
        """(M,) how far matches are off in tolerances: from their epipolar lines, or in place after a mere
        turn.
        """
        if not b_from_a[:3, 3].any():
            return np.linalg.norm(self._turned(b_from_a) - self.rays_b, axis=1) / self.tolerance
        return epipolar_misfit(b_from_a, self.rays_a, self.rays_b, self.tolerance)

    def judge(self, b_from_a: np.ndarray) -> PairHypothesis:
        length = np.linalg.norm(b_from_a[:3, 3])
        b_from_a = b_from_a.copy()
        b_from_a[:3, 3] /= max(length, 1e-12)
        misfit = self.misfit(b_from_a)
        agrees = misfit < 1.0
        if length < 1e-12:
            chance = point_chance(self._turned(b_from_a), self.view_b, self.tolerance)
        else:
            chance = epipolar_chance(b_from_a, self.rays_a, self.view_b, self.tolerance)
        angles = ray_angles(b_from_a, self.rays_a[agrees], self.rays_b[agrees])
        nats = evidence(self.matches.ratios, misfit, chance, self.patches)
        return PairHypothesis(b_from_a, nats, agrees, float(np.median(angles)) if len(angles) else 0.0)

    def _turned(self, b_from_a: np.ndarray) -> np.ndarray:
        turned = homogeneous(self.rays_a) @ b_from_a[:3, :3].T
        return turned[:, :2] / np.where(turned[:, 2:] > 1e-6, turned[:, 2:], np.inf)


def _distinct(hypotheses: list[PairHypothesis]) -> list[PairHypothesis]:
    """Those that beat chance and are unlike every better one, the best first."""
    kept: list[PairHypothesis] = []
    for one in sorted(hypotheses, key=lambda one: -one.evidence):
        if one.evidence > 0.0 and not any(same_motion(one.b_from_a, other.b_from_a) for other in kept):
            kept.append(one)
    return kept[:KEPT]


def same_motion(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two relative poses are one within the scatter of a single hypothesis."""
    return same_rotation(first, second) and direction_angle(first[:3, 3], second[:3, 3]) < SAME_DIRECTION_DEG


def same_rotation(first: np.ndarray, second: np.ndarray) -> bool:
    """The same for the rotations alone."""
    return rotation_angle(first[:3, :3].T @ second[:3, :3]) < SAME_ROTATION_DEG


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _positive(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    """With the sign that maps most of the points in front of the second camera."""
    return homography if np.median((points @ homography.T)[:, 2]) > 0 else -homography


def _in_front(points: np.ndarray, normal: np.ndarray) -> bool:
    """Whether the plane with this normal has most points before the first camera; a turn in place always
    has.
    """
    return not normal.any() or bool(np.median(points @ normal) > 0)
