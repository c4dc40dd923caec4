"""Where a further photo may stand: candidates from points and from pair hypotheses, judged against all
placed photos.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objpose.cameras.pairs.evidence import epipolar_chance, evidence, point_chance
from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import ResectionOptions
from objpose.cameras.placing.photo_link import PhotoLink
from objpose.cameras.scene.colmap import resect
from objpose.cameras.scene.placement import Placement, Prediction
from objpose.cameras.scene.prediction import predict
from objpose.cameras.scene.relative import depths, epipolar_misfit, project
from objpose.cameras.scene.unlike import best_unlike
from objpose.geometry.rigid_matrices import centre_of, inverse_matrix, rotation_degrees


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place for a photo: cam_from_world (4, 4) and the nats in its favour from all placed photos."""

    cam_from_world: np.ndarray
    evidence: float


class Resection:
    """One unplaced photo against the photos and points of a placement."""

    def __init__(self, problem: CameraProblem, placement: Placement, photo: int, options: ResectionOptions):
        self.problem, self.photo, self.view = problem, photo, problem.views[photo]
        self.options, self.placement = options, placement
        self.members_from_world = placement.cams_from_world
        self.point_tolerance = options.point_leniency * self.view.tolerance
        found = [(one, problem.matches_of(one, photo)) for one in sorted(self.members_from_world)]
        self.links = [
            PhotoLink.of(problem, placement, member, photo, matches)
            for member, matches in found
            if matches is not None
        ]

    def candidates(
        self, seed: int, asked: Iterable[int], hints: Sequence[np.ndarray] = (), is_thorough: bool = False
    ) -> list[Candidate]:
        """Distinct candidates, the one of most evidence first.

        asked: placed photos whose pair hypotheses make candidates; hints: further cam_from_world to judge;
        is_thorough: take all hypotheses, and polish many places before they are compared, as a right one
        that is rough explains no more than chance does.
        """
        asked = set(asked)
        cams = [*hints, *self.from_points(seed, self.options.modes if is_thorough else 1)]
        count = self.problem.options.kept if is_thorough else self.options.hypotheses
        cams += [
            cam for link in self.links if link.member in asked for cam in self._from_hypotheses(link, count)
        ]
        if is_thorough:
            cams = self._best(cams, self.options.polished)
            cams = [*cams, *(self.polished(cam, seed) for cam in cams)]
        chosen = self._best(cams, self.options.judged_thoroughly if is_thorough else self.options.judged)
        judged = [Candidate(cam, self.evidence(cam)) for cam in chosen]
        return sorted(judged, key=lambda one: -one.evidence)

    def polished(self, cam_from_world: np.ndarray, seed: int) -> np.ndarray:
        """The place fitted to the points that lie near their matches there, ever nearer ones."""
        for reach in self.options.polish_reach:
            near = [self._near(link, cam_from_world, reach) for link in self.links]
            fitted = self._resected(np.unique(np.concatenate(near), axis=0), seed) if near else None
            if fitted is None:
                break
            cam_from_world = fitted
        return cam_from_world

    def _near(self, link: PhotoLink, cam_from_world: np.ndarray, reach: float) -> np.ndarray:
        """(M, 2) keypoint and track of the matches whose point is no further off than so many tolerances."""
        seen = link.track >= 0
        keypoints, tracks = link.keypoints[seen], link.track[seen]
        off = project(cam_from_world, self.placement.points[tracks]) - link.rays_photo[seen]
        near = np.hypot(*off.T) < reach * self.view.tolerance
        return np.stack([keypoints[near], tracks[near]], axis=1)

    def _best(self, cams: list[np.ndarray], most: int) -> list[np.ndarray]:
        counts = self._quick_counts(np.array(cams).reshape(-1, 4, 4))
        return best_unlike(cams, counts, self.same_place, most)

    def same_place(self, first: np.ndarray, second: np.ndarray) -> bool:
        """Whether two cam_from_world differ by no more than refinement would remove."""
        if rotation_degrees(first[:3, :3] @ second[:3, :3].T) > self.problem.options.same_rotation_deg:
            return False
        moved = np.linalg.norm(centre_of(first) - centre_of(second))
        return bool(moved < self.options.same_place * self.placement.extent)

    def evidence(self, cam_from_world: np.ndarray) -> float:
        """Nats in favour of the photo standing there: of the matches with all placed photos, and of what
        their points say that it shows.
        """
        return self.matched(cam_from_world) + self.predicted(cam_from_world).nats

    def matched(self, cam_from_world: np.ndarray) -> float:
        """The part of the matches, tags among them."""
        return sum(self._link_evidence(link, cam_from_world) for link in self.links)

    def predicted(self, cam_from_world: np.ndarray) -> Prediction:
        """The part of the points."""
        weighing = self.problem.options.prediction
        return predict(self.problem.views, self.placement, self.photo, cam_from_world, weighing)

    def _link_evidence(self, link: PhotoLink, cam_from_world: np.ndarray) -> float:
        weighing = self.problem.options.evidence
        link = link.select(link.ratios <= weighing.ratio_borders[-1])  # all others count nothing
        misfit, by_point, cam_from_member = self._misfit(link, cam_from_world)
        tolerance = self.problem.tolerance(link.member, self.photo)
        chance = np.zeros(len(misfit))
        chance[~by_point] = epipolar_chance(
            cam_from_member, link.rays_member[~by_point], self.view, tolerance, weighing
        )
        predicted = project(cam_from_world, self.placement.points[link.track[by_point]])
        chance[by_point] = point_chance(predicted, self.view, self.point_tolerance, weighing)
        of_tags = self.problem.tag_evidence.nats(link.member, self.photo, cam_from_member)
        trusts = link.matches.trusts
        return evidence(link.ratios, misfit, chance, link.patches, weighing, trusts) + of_tags

    def _quick_counts(self, cams_from_world: np.ndarray) -> list[float]:
        """Of each of (C, 4, 4), how many unambiguous matches agree; those that a point predicts count thrice:
        they are far less by chance. Of each placed photo those in one patch together count no more than so
        many.
        """
        total, most = np.zeros(len(cams_from_world)), self.options.quick_patch
        for link in self._clear_links:
            misfit, by_point, _ = self._misfit(link, cams_from_world)
            patches, patch = np.unique(link.patches_photo, return_inverse=True)
            in_patch = (patch[:, None] == np.arange(len(patches))) * np.where(by_point, 3.0, 1.0)[:, None]
            total -= most * np.expm1(-((misfit < 1.0) @ in_patch) / most).sum(-1)
        return total.tolist()

    @cached_property
    def _clear_links(self) -> list[PhotoLink]:
        """The links with their unambiguous matches alone."""
        return [link.select(link.ratios < self.options.quick_ratio) for link in self.links]

    def _misfit(
        self, link: PhotoLink, cam_from_world: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(..., M) misfit of the matches under cameras (..., 4, 4), (M,) which of them a point could predict,
        and cam_from_member (..., 4, 4).
        """
        cam_from_member = cam_from_world @ inverse_matrix(self.members_from_world[link.member])
        by_point = link.track >= 0
        misfit = np.zeros((*cam_from_world.shape[:-2], len(by_point)))
        rays = link.rays_member[~by_point], link.rays_photo[~by_point]
        tolerance = self.problem.tolerance(link.member, self.photo)
        misfit[..., ~by_point] = epipolar_misfit(cam_from_member, *rays, tolerance)
        predicted = project(cam_from_world, self.placement.points[link.track[by_point]])
        off = predicted - link.rays_photo[by_point]
        misfit[..., by_point] = np.hypot(off[..., 0], off[..., 1]) / self.point_tolerance
        return misfit, by_point, cam_from_member

    def from_points(self, seed: int, modes: int = 1) -> list[np.ndarray]:
        """Resection from matches with points, over ever more ambiguous ones; then from what that leaves of
        them, so many modes of each.
        """
        seen = [link.select(link.track >= 0) for link in self.links]
        if not seen:
            return []
        ratios = np.concatenate([link.ratios for link in seen])
        pairs = np.concatenate([np.stack([link.keypoints, link.track], axis=1) for link in seen])
        limits = self.problem.options.ratio_limits
        chosen = [np.unique(pairs[ratios < limit], axis=0) for limit in limits]
        return [cam for some in chosen for cam in self._modes(some, seed, modes)]

    def _modes(self, pairs: np.ndarray, seed: int, count: int) -> list[np.ndarray]:
        """Places from pairs (M, 2) of keypoint and track, each from what those before it leave."""
        found: list[np.ndarray] = []
        for turn in range(count):
            cam = self._resected(pairs, seed + turn)
            if cam is None:
                break
            found.append(cam)
            off = project(cam, self.placement.points[pairs[:, 1]]) - self.view.rays[pairs[:, 0]]
            pairs = pairs[np.hypot(*off.T) > self.point_tolerance]
        return found

    def _resected(self, pairs: np.ndarray, seed: int) -> np.ndarray | None:
        """From pairs (M, 2) of keypoint and track, None where too few agree."""
        if len(pairs) < self.options.least_points:
            return None
        max_error = self.options.point_leniency * self.view.tolerance_px
        points = self.placement.points[pairs[:, 1]]
        answer = resect(self.view, pairs[:, 0], points, max_error, seed, self.options.trials)
        return None if answer is None or answer[1] < self.options.least_points else answer[0]

    def _from_hypotheses(self, link: PhotoLink, count: int) -> list[np.ndarray]:
        """The pair hypotheses with one placed photo, each with the scales that its points ask for."""
        found = []
        for hypothesis in self.problem.hypotheses_of(link.member, self.photo)[:count]:
            for scale in self._scales(link, hypothesis):
                found.append(hypothesis.at_length(scale) @ self.members_from_world[link.member])
        return found

    def _scales(self, link: PhotoLink, hypothesis: PairHypothesis) -> np.ndarray:
        """Lengths of the baseline under which the depths of the pair are those of the member's points."""
        unit_depths, _ = depths(hypothesis.b_from_a, link.rays_member, link.rays_photo)
        misfit = self.problem.misfit(link.member, self.photo, link.matches, hypothesis.b_from_a)
        fits = (misfit < 1.0) & (unit_depths > 0)
        shared = fits & (link.track >= 0)
        if shared.any():
            known = link.depth[shared] / unit_depths[shared]
            known = known[known > 0]
            if len(known):
                return np.unique(np.quantile(known, self.options.scale_quantiles))
        if not fits.any() or not np.isfinite(link.typical_depth):
            return np.ones(1)
        return np.array([link.typical_depth / np.median(unit_depths[fits])])
