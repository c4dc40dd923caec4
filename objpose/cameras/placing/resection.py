"""Where a further photo may stand: candidates from points and from pair hypotheses, judged against all
placed photos.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from objpose.cameras.pairs.evidence import epipolar_chance, evidence, patches_of, point_chance
from objpose.cameras.pairs.problem import Problem
from objpose.cameras.pairs.two_view import RATIO_LIMITS, SAME_ROTATION_DEG, PairHypothesis
from objpose.cameras.placing.settle import Placement
from objpose.cameras.scene.colmap import (
    COLMAP_CENTRE,
    colmap_camera,
    matrix_of,
    ransac_options,
)
from objpose.cameras.scene.relative import depths, epipolar_misfit, inverse, rotation_angle
from objpose.features.local import Matches
from objpose.features.local.pycolmap_log import quiet

MIN_POINTS = 6  # twice the minimal sample
# A point's projection errs by the point's own error too.
POINT_LENIENCY = 2.0
HYPOTHESES_USED = 3
SCALE_QUANTILES = (0.25, 0.5, 0.75)
# Candidates that go from the quick count to the full judgement.
JUDGED = 3
SAME_PLACE = 0.1  # of the extent of the placement
QUICK_RATIO = 0.9


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place for a photo: cam_from_world (4, 4) and the nats in its favour from all placed photos."""

    cam_from_world: np.ndarray
    evidence: float


class Resection:
    """One unplaced photo against the photos and points of a placement."""

    def __init__(self, problem: Problem, placement: Placement, photo: int):
        self.problem, self.photo, self.view = problem, photo, problem.views[photo]
        self.cams = placement.cams_from_world
        self.points = placement.points
        self.extent = placement.extent
        self.links = [
            _Link.of(problem, placement, member, photo)
            for member in sorted(self.cams)
            if member != photo and problem.matches_of(member, photo) is not None
        ]

    def candidates(
        self, seed: int, asked: Iterable[int], hints: Sequence[np.ndarray] = ()
    ) -> list[Candidate]:
        """Distinct candidates, the one of most evidence first.

        asked: placed photos whose pair hypotheses make candidates; hints: further cam_from_world to judge.
        """
        asked = set(asked)
        cams = [*hints, *self.from_points(seed)]
        cams += [cam for link in self.links if link.member in asked for cam in self._from_hypotheses(link)]
        quick = np.array([self._quick_count(cam) for cam in cams])
        chosen: list[np.ndarray] = []
        for index in np.argsort(-quick, kind="stable"):
            if len(chosen) < JUDGED and not any(self.same_place(cams[index], other) for other in chosen):
                chosen.append(cams[index])
        judged = [Candidate(cam, self.evidence(cam)) for cam in chosen]
        return sorted(judged, key=lambda one: -one.evidence)

    def same_place(self, first: np.ndarray, second: np.ndarray) -> bool:
        """Whether two cam_from_world differ by no more than refinement would remove."""
        if rotation_angle(first[:3, :3] @ second[:3, :3].T) > SAME_ROTATION_DEG:
            return False
        moved = np.linalg.norm(inverse(first)[:3, 3] - inverse(second)[:3, 3])
        return bool(moved < SAME_PLACE * self.extent)

    def evidence(self, cam_from_world: np.ndarray) -> float:
        """Nats in favour of the photo standing there, summed over the placed photos."""
        return sum(self.evidence_by_photo(cam_from_world).values())

    def evidence_by_photo(self, cam_from_world: np.ndarray) -> dict[int, float]:
        """The same, placed photo by placed photo."""
        nats = {}
        for link in self.links:
            misfit, by_point, cam_from_member = self._misfit(link, cam_from_world)
            tolerance = self.problem.tolerance(link.member, self.photo)
            chance = np.zeros(len(misfit))
            chance[~by_point] = epipolar_chance(
                cam_from_member, link.rays_member[~by_point], self.view, tolerance
            )
            predicted = project(cam_from_world, self.points[link.track[by_point]])
            chance[by_point] = point_chance(predicted, self.view, POINT_LENIENCY * self.view.tolerance)
            nats[link.member] = evidence(link.ratios, misfit, chance, link.patches)
        return nats

    def _quick_count(self, cam_from_world: np.ndarray) -> float:
        """Agreeing unambiguous matches, those that a point predicts counted thrice: they are far less by
        chance.
        """
        total = 0.0
        for link in self._clear_links:
            misfit, by_point, _ = self._misfit(link, cam_from_world)
            agrees = misfit < 1.0
            total += np.count_nonzero(agrees) + 2.0 * np.count_nonzero(agrees & by_point)
        return total

    @cached_property
    def _clear_links(self) -> list[_Link]:
        """The links with their unambiguous matches alone."""
        return [link.select(link.ratios < QUICK_RATIO) for link in self.links]

    def _misfit(self, link: _Link, cam_from_world: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(M,) misfit of the matches, (M,) which of them a point could predict, and cam_from_member (4,
        4).
        """
        cam_from_member = cam_from_world @ inverse(self.cams[link.member])
        by_point = link.track >= 0
        misfit = np.zeros(len(by_point))
        rays = link.rays_member[~by_point], link.rays_photo[~by_point]
        tolerance = self.problem.tolerance(link.member, self.photo)
        misfit[~by_point] = epipolar_misfit(cam_from_member, *rays, tolerance)
        across, down = (
            project(cam_from_world, self.points[link.track[by_point]]) - link.rays_photo[by_point]
        ).T
        misfit[by_point] = np.hypot(across, down) / (POINT_LENIENCY * self.view.tolerance)
        return misfit, by_point, cam_from_member

    def from_points(self, seed: int) -> list[np.ndarray]:
        """Resection (P3P in LO-RANSAC) from matches with points, over ever more ambiguous ones."""
        import pycolmap

        ratios = np.concatenate([link.ratios[link.track >= 0] for link in self.links] or [[]])
        keypoints = np.concatenate([link.keypoints[link.track >= 0] for link in self.links] or [[]]).astype(
            np.int64
        )
        tracks = np.concatenate([link.track[link.track >= 0] for link in self.links] or [[]]).astype(np.int64)
        camera = colmap_camera(self.view.K, self.view.width, self.view.height)
        options = pycolmap.AbsolutePoseEstimationOptions()
        options.ransac = ransac_options(POINT_LENIENCY * self.view.tolerance_px, seed)
        found = []
        for limit in RATIO_LIMITS:
            chosen = ratios < limit
            pairs = np.unique(np.stack([keypoints[chosen], tracks[chosen]], axis=1), axis=0)
            if len(pairs) < MIN_POINTS:
                continue
            pixels = self.view.features.keypoints[pairs[:, 0]].astype(np.float64) + COLMAP_CENTRE
            with quiet():
                answer = pycolmap.estimate_and_refine_absolute_pose(
                    pixels, self.points[pairs[:, 1]], camera, options
                )
            if answer is not None and answer["num_inliers"] >= MIN_POINTS:
                found.append(matrix_of(answer["cam_from_world"]))
        return found

    def _from_hypotheses(self, link: _Link) -> list[np.ndarray]:
        """The pair hypotheses with one placed photo, each with the scales that its points ask for."""
        found = []
        for hypothesis in self.problem.hypotheses_of(link.member, self.photo)[:HYPOTHESES_USED]:
            for scale in self._scales(link, hypothesis):
                cam_from_member = hypothesis.b_from_a.copy()
                cam_from_member[:3, 3] *= scale
                found.append(cam_from_member @ self.cams[link.member])
        return found

    def _scales(self, link: _Link, hypothesis: PairHypothesis) -> np.ndarray:
        """Lengths of the baseline under which the depths of the pair are those of the member's points."""
        unit_depths, _ = depths(hypothesis.b_from_a, link.rays_member, link.rays_photo)
        misfit = self.problem.misfit(link.member, self.photo, link.matches, hypothesis.b_from_a)
        fits = (misfit < 1.0) & (unit_depths > 0)
        shared = fits & (link.track >= 0)
        if shared.any():
            known = link.depth[shared] / unit_depths[shared]
            known = known[known > 0]
            if len(known):
                return np.unique(np.quantile(known, SCALE_QUANTILES))
        if not fits.any() or not np.isfinite(link.typical_depth):
            return np.ones(1)
        return np.array([link.typical_depth / np.median(unit_depths[fits])])


@dataclass(frozen=True, eq=False)
class _Link:
    """The matches from one placed photo to the new one, with what the placement knows of them."""

    member: int
    matches: Matches
    ratios: np.ndarray
    keypoints: np.ndarray  # (M,) in the new photo
    rays_member: np.ndarray
    rays_photo: np.ndarray
    track: np.ndarray  # (M,) the placement's track of the member's keypoint, -1 for none
    depth: np.ndarray  # (M,) of that point in the member, nan for none
    typical_depth: float  # median depth of the member's points, nan without any
    patches: list[np.ndarray]  # of the matches, in the member and in the new photo

    def select(self, kept: np.ndarray) -> _Link:
        """With the matches at a mask (M,) alone."""
        return replace(
            self,
            matches=self.matches.select(kept),
            ratios=self.ratios[kept],
            keypoints=self.keypoints[kept],
            rays_member=self.rays_member[kept],
            rays_photo=self.rays_photo[kept],
            track=self.track[kept],
            depth=self.depth[kept],
            patches=[patch[kept] for patch in self.patches],
        )

    @staticmethod
    def of(problem: Problem, placement: Placement, member: int, photo: int) -> _Link:
        matches = problem.matches_of(member, photo)
        view = problem.views[member]
        mine = placement.tracks.view == member
        track_of = np.full(len(view.features), -1)
        track_of[placement.tracks.keypoint[mine]] = placement.tracks.track[mine]
        depth_of = np.full(len(placement.points) + 1, np.nan)
        cam = placement.cams_from_world[member]
        depth_of[:-1] = placement.points @ cam[2, :3] + cam[2, 3]
        track = track_of[matches.indices[:, 0]]
        seen = depth_of[placement.tracks.track[mine]]
        return _Link(
            member,
            matches,
            matches.ratios,
            matches.indices[:, 1],
            view.rays[matches.indices[:, 0]],
            problem.views[photo].rays[matches.indices[:, 1]],
            track,
            depth_of[track],
            float(np.median(seen)) if len(seen) else np.nan,
            [
                patches_of(view, matches.indices[:, 0]),
                patches_of(problem.views[photo], matches.indices[:, 1]),
            ],
        )


def project(cam_from_world: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(P, 2) places of points at depth one; far outside of any photo for those behind the camera."""
    seen = points @ cam_from_world[:3, :3].T + cam_from_world[:3, 3]
    in_front = seen[:, 2:] > 1e-9
    return np.where(in_front, seen[:, :2] / np.where(in_front, seen[:, 2:], 1.0), 1e6)
