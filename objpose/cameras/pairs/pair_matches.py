"""The matches of two photos as rays: relative poses found in them, fitted to them, weighed by them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from objpose.cameras.pairs.evidence import epipolar_chance, evidence, point_chance
from objpose.cameras.pairs.homography import decompose_homography
from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.options import EvidenceOptions, PairOptions
from objpose.cameras.scene.colmap import matrix_of, ransac_options, rigid3d
from objpose.cameras.scene.relative import epipolar_misfit, homogeneous
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.pycolmap_log import quiet


def weigh_motion(
    view_a: View, view_b: View, matches: Matches, b_from_a: np.ndarray, options: EvidenceOptions
) -> float:
    """Nats by which the matches of a pair speak for a given relative pose (4, 4)."""
    return PairMatches(view_a, view_b, matches).weighed(b_from_a, options).evidence


class PairMatches:
    """Two views with their matches, as rays at depth one."""

    def __init__(self, view_a: View, view_b: View, matches: Matches):
        self.views, self.matches = (view_a, view_b), matches
        self.rays_a = view_a.rays[matches.indices[:, 0]]
        self.rays_b = view_b.rays[matches.indices[:, 1]]
        self.tolerance = float(np.sqrt(view_a.tolerance * view_b.tolerance))

    def essential_modes(
        self, chosen: np.ndarray, seed: int, options: PairOptions, count: int
    ) -> list[np.ndarray]:
        """The relative pose of the most inliers, then that of what it leaves, up to so many.

        chosen: (M,) bool, the matches to look in.
        """
        import pycolmap

        modes = []
        chosen = np.flatnonzero(chosen)
        for turn in range(count):
            if len(chosen) < options.least_matches:
                break
            search = ransac_options(self.tolerance, seed + turn, options.trials)
            rays_a, rays_b = (rays[chosen] for rays in self._unit_rays)
            with quiet():
                found = pycolmap.estimate_relative_pose(rays_a, rays_b, search)
            if found is None or found["num_inliers"] < options.least_matches:
                break
            modes.append(matrix_of(found["cam2_from_cam1"]))
            if found["num_inliers"] > options.dominant * len(chosen):
                break
            chosen = chosen[~found["inlier_mask"]]
        return modes

    def plane_modes(self, chosen: np.ndarray, seed: int, options: PairOptions) -> list[np.ndarray]:
        """All motions that the dominant plane allows, those with points behind a camera left out."""
        import pycolmap

        a, b = self.rays_a[chosen], self.rays_b[chosen]
        if len(a) < options.least_matches:
            return []
        search = ransac_options(1.5 * self.tolerance, seed, options.trials)
        with quiet():
            found = pycolmap.estimate_homography_matrix(a, b, search)
        if found is None or found["num_inliers"] < options.least_matches:
            return []
        inlier = homogeneous(a[found["inlier_mask"]])
        motions = decompose_homography(_positive(found["H"], inlier))
        return [motion for motion, normal in motions if _in_front(inlier, normal)]

    def refined(self, b_from_a: np.ndarray, options: PairOptions) -> np.ndarray:
        """The pose fitted to its own inliers, and once more where they change."""
        import pycolmap

        fitted = None
        for _ in range(2):
            inliers = self.agrees(b_from_a)
            is_settled = fitted is not None and bool((inliers == fitted).all())
            if is_settled or inliers.sum() < options.least_matches or not b_from_a[:3, 3].any():
                return b_from_a
            with quiet():
                found = pycolmap.refine_relative_pose(rigid3d(b_from_a), *self._unit_rays, inliers)
            if found is None:
                return b_from_a
            b_from_a, fitted = matrix_of(found["cam2_from_cam1"]), inliers
        return b_from_a

    @cached_property
    def _unit_rays(self) -> tuple[np.ndarray, np.ndarray]:
        """(M, 3) of both views, of unit length."""
        return _unit(homogeneous(self.rays_a)), _unit(homogeneous(self.rays_b))

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

    def weighed(self, b_from_a: np.ndarray, options: EvidenceOptions) -> PairHypothesis:
        """The pose with a translation of unit length, and the nats in its favour."""
        counts = self.matches.ratios <= options.ratio_borders[-1]
        if not counts.all():  # the others count nothing
            return PairMatches(*self.views, self.matches.select(counts)).weighed(b_from_a, options)
        length = np.linalg.norm(b_from_a[:3, 3])
        b_from_a = b_from_a.copy()
        b_from_a[:3, 3] /= max(length, 1e-12)
        misfit = self.misfit(b_from_a)
        view_b = self.views[1]
        if length < 1e-12:
            chance = point_chance(self._turned(b_from_a), view_b, self.tolerance, options)
        else:
            chance = epipolar_chance(b_from_a, self.rays_a, view_b, self.tolerance, options)
        patches = [
            view.patches(self.matches.indices[:, side], options.patches)
            for side, view in enumerate(self.views)
        ]
        ratios, trusts = self.matches.ratios, self.matches.trusts
        return PairHypothesis(b_from_a, evidence(ratios, misfit, chance, patches, options, trusts))

    def _turned(self, b_from_a: np.ndarray) -> np.ndarray:
        turned = homogeneous(self.rays_a) @ b_from_a[:3, :3].T
        return turned[:, :2] / np.where(turned[:, 2:] > 1e-6, turned[:, 2:], np.inf)


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
