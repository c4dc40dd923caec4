"""From rough cameras to settled ones: matches that agree, tracks, points, bundle adjustment, and again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from objpose.cameras.pairs.problem import Problem, relative_pose
from objpose.cameras.placing.bundle import bundle_adjust
from objpose.cameras.scene.relative import inverse
from objpose.cameras.scene.tracks import Pair, Tracks, join_matches, reprojection_error, triangulate
from objpose.features.local import Matches

MAX_RATIO = 0.97  # more ambiguous matches are evidence in number, but no measurements
# Tolerances that an observation may be off.
LENIENT, STRICT = 4.0, 1.0
MIN_ANGLE_DEG = 0.3  # rays closer to parallel fix no depth


@dataclass(frozen=True, eq=False)
class Placement:
    """Cameras of some of the views, with the points they see.

    cams_from_world: view index to (4, 4); tracks and points (count, 3) of these views alone; focals: view
    index to focal length in pixels where it was refined.
    """

    cams_from_world: dict[int, np.ndarray]
    tracks: Tracks
    points: np.ndarray
    focals: dict[int, float]

    @property
    def extent(self) -> float:
        """World units: the largest distance of a camera from their mean, or of one camera from its points."""
        centres = np.array([inverse(cam)[:3, 3] for cam in self.cams_from_world.values()])
        spread = float(np.linalg.norm(centres - centres.mean(0), axis=1).max())
        if spread == 0.0 and len(self.points):
            spread = float(np.median(np.linalg.norm(self.points - centres[0], axis=1)))
        return spread or 1.0

    def without(self, photo: int) -> Placement:
        """The placement as the other photos hold it up."""
        return self.among(self.cams_from_world.keys() - {photo})

    def among(self, photos: Collection[int]) -> Placement:
        """The placement of some of its photos, with the points that two of them see."""
        cams = {index: cam for index, cam in self.cams_from_world.items() if index in photos}
        tracks = self.tracks.without(~np.isin(self.tracks.view, list(photos)))
        tracks, numbers = tracks.select(tracks.lengths() >= 2)
        return Placement(cams, tracks, self.points[numbers], self.focals)


def settle(
    problem: Problem,
    cams_from_world: dict[int, np.ndarray],
    rounds: int = 2,
    focal_groups: dict[int, int] | None = None,
    most_tracks: int | None = None,
    leniency: float = LENIENT,
) -> Placement:
    """Adjust cameras and points to the matches that agree with them, which are chosen anew each round.

    focal_groups: views whose focal length is refined, by the group that shares it; most_tracks: adjust so
    many at most, those of most photos, None for all; leniency: tolerances allowed in the first round, more
    than one for rough cameras, which else could not reach their matches.
    """
    focals: dict[int, float] = {}
    for turn in range(rounds):
        tracks, points = build_points(problem, cams_from_world, leniency if turn == 0 else STRICT)
        if tracks.count < 2 * len(cams_from_world):
            break
        tracks, points = _longest(tracks, points, most_tracks)
        cams_from_world, points, found = bundle_adjust(
            problem.views, cams_from_world, tracks, points, focal_groups
        )
        if found:
            focals = found
            problem = refocused(problem, focals)
    tracks, points = build_points(problem, cams_from_world, STRICT)
    return Placement(cams_from_world, tracks, points, focals)


def _longest(tracks: Tracks, points: np.ndarray, most: int | None) -> tuple[Tracks, np.ndarray]:
    if most is None or tracks.count <= most:
        return tracks, points
    kept = np.zeros(tracks.count, dtype=bool)
    kept[np.argsort(-tracks.lengths(), kind="stable")[:most]] = True
    tracks, numbers = tracks.select(kept)
    return tracks, points[numbers]


def refocused(problem: Problem, focals: dict[int, float]) -> Problem:
    """The same problem with other focal lengths, pixels, of some views."""
    views = [
        view.with_focal(focals[index]) if index in focals else view
        for index, view in enumerate(problem.views)
    ]
    return replace(problem, views=views)


def build_points(
    problem: Problem, cams_from_world: dict[int, np.ndarray], leniency: float
) -> tuple[Tracks, np.ndarray]:
    """Tracks of the agreeing matches and their points, less observations that do not fit.

    The worst misfit of a track goes first, as it spoils the point for the others.
    """
    tracks = join_matches(problem.views, _agreeing_pairs(problem, cams_from_world, leniency))
    cams = np.tile(np.eye(4), (len(problem.views), 1, 1))
    for index, cam_from_world in cams_from_world.items():
        cams[index] = cam_from_world
    tolerance = np.array([view.tolerance for view in problem.views]) * leniency
    points = triangulate(cams, observed_rays(problem, tracks), tracks)
    for _ in range(3):
        rays = observed_rays(problem, tracks)
        excess = reprojection_error(cams, rays, tracks, points) / tolerance[tracks.view]
        worst = np.zeros(tracks.count)
        np.maximum.at(worst, tracks.track, excess)
        dropped = (excess > 1.0) & (excess >= worst[tracks.track])
        if not dropped.any():
            break
        touched = np.bincount(tracks.track[dropped], minlength=tracks.count) > 0
        tracks = tracks.without(dropped)
        tracks, numbers = tracks.select(tracks.lengths() >= 2)
        points, touched = points[numbers], touched[numbers]
        again, _ = tracks.select(touched)
        points[touched] = triangulate(cams, observed_rays(problem, again), again)
    if not tracks.count:
        return tracks, np.zeros((0, 3))
    rays = observed_rays(problem, tracks)
    fits = reprojection_error(cams, rays, tracks, points) <= tolerance[tracks.view]
    good = np.ones(tracks.count, dtype=bool)
    np.logical_and.at(good, tracks.track, fits)
    good &= np.isfinite(points).all(1) & (_angles(cams_from_world, tracks, points) > MIN_ANGLE_DEG)
    tracks, numbers = tracks.select(good)
    return tracks, points[numbers]


def observed_rays(problem: Problem, tracks: Tracks) -> np.ndarray:
    """(O, 2) rays of the observations."""
    rays = np.zeros((len(tracks.view), 2))
    for index in np.unique(tracks.view):
        mine = tracks.view == index
        rays[mine] = problem.views[index].rays[tracks.keypoint[mine]]
    return rays


def _agreeing_pairs(
    problem: Problem, cams_from_world: dict[int, np.ndarray], leniency: float
) -> dict[Pair, Matches]:
    pairs = {}
    placed = sorted(cams_from_world)
    for position, a in enumerate(placed):
        for b in placed[position + 1 :]:
            found = problem.agreeing(a, b, relative_pose(cams_from_world, a, b), leniency)
            if found is not None:
                pairs[a, b] = found.select(found.ratios < MAX_RATIO)
    return pairs


def _angles(cams_from_world: dict[int, np.ndarray], tracks: Tracks, points: np.ndarray) -> np.ndarray:
    """(count,) degrees, twice the largest angle between a point's rays and their mean: its parallax."""
    centres = np.zeros((max(cams_from_world) + 1, 3))
    for index, cam_from_world in cams_from_world.items():
        centres[index] = inverse(cam_from_world)[:3, 3]
    rays = points[tracks.track] - centres[tracks.view]
    rays /= np.linalg.norm(rays, axis=1, keepdims=True).clip(min=1e-12)
    mean = np.zeros((tracks.count, 3))
    np.add.at(mean, tracks.track, rays)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True).clip(min=1e-12)
    off = np.degrees(np.arccos(np.clip((rays * mean[tracks.track]).sum(1), -1.0, 1.0)))
    widest = np.zeros(tracks.count)
    np.maximum.at(widest, tracks.track, off)
    return 2.0 * widest
