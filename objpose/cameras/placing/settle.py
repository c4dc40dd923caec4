"""From rough cameras to settled ones: matches that agree, tracks, points, bundle adjustment, and again."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.bundle import bundle_adjust
from objpose.cameras.placing.options import SettleOptions
from objpose.cameras.placing.stated import adjust_to_stated
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.tracks import Tracks, join_matches, reprojection_error, triangulate
from objpose.features.local import Matches
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import centre_of


def settle(
    problem: CameraProblem,
    cams_from_world: dict[int, np.ndarray],
    options: SettleOptions,
    rounds: int = 2,
    focal_groups: dict[int, int] | None = None,
    is_rough: bool = True,
    is_quick: bool = False,
) -> Placement:
    """Adjust cameras and points to the matches that agree with them, which are chosen anew each round.

    focal_groups: views whose focal length is refined, by the group that shares it; is_rough: the cameras are,
    so that matches may be further off in the first round; is_quick: adjust some of the points alone, those
    that most photos see.
    """
    focals: dict[int, float] = {}
    for turn in range(rounds):
        leniency = options.lenient if is_rough and turn == 0 else 1.0
        seen = with_points(problem, cams_from_world, options, leniency)
        if _count_beside_tags(problem, seen) < 2 * len(cams_from_world):
            cams_from_world = adjust_to_stated(problem, seen).cams_from_world
            break
        seen = _longest(seen, options.quick_tracks) if is_quick else seen
        adjusted = bundle_adjust(problem.views, seen, focal_groups, options, problem.held)
        adjusted = adjust_to_stated(problem.refocused(adjusted.focals), adjusted)
        cams_from_world, focals = adjusted.cams_from_world, adjusted.focals or focals
        problem = problem.refocused(focals)
    return replace(with_points(problem, cams_from_world, options), focals=focals)


def with_points(
    problem: CameraProblem,
    cams_from_world: dict[int, np.ndarray],
    options: SettleOptions,
    leniency: float = 1.0,
) -> Placement:
    """Cameras with the points of the matches that agree with them, less observations that do not fit."""
    tracks = join_matches(problem.views, _agreeing_pairs(problem, cams_from_world, options, leniency))
    cams = np.tile(np.eye(4), (len(problem.views), 1, 1))
    for index, cam_from_world in cams_from_world.items():
        cams[index] = cam_from_world
    tolerance = np.array([view.tolerance for view in problem.views]) * leniency
    tracks, points = _consistent(problem, cams, tracks, tolerance)
    if not tracks.count:
        return Placement(cams_from_world, tracks, np.zeros((0, 3)), {})
    fits = reprojection_error(cams, _rays(problem, tracks), tracks, points) <= tolerance[tracks.view]
    good = np.ones(tracks.count, dtype=bool)
    np.logical_and.at(good, tracks.track, fits)
    good &= np.isfinite(points).all(1) & (_angles(cams_from_world, tracks, points) > options.min_angle_deg)
    good &= _nearest(cams, tracks, points) > options.nearest * _extent(cams_from_world)
    return Placement(cams_from_world, tracks, points, {}).select(good)


def misfit_of_tracks(
    problem: CameraProblem, cams_from_world: dict[int, np.ndarray], tracks: Tracks
) -> np.ndarray:
    """(O,) tolerances that observations are off the best point of their track; inf behind a camera."""
    cams = np.tile(np.eye(4), (len(problem.views), 1, 1))
    for index, cam_from_world in cams_from_world.items():
        cams[index] = cam_from_world
    rays, tolerance = _rays(problem, tracks), np.array([view.tolerance for view in problem.views])
    points = triangulate(cams, rays, tracks)
    return reprojection_error(cams, rays, tracks, points) / tolerance[tracks.view]


def _consistent(
    problem: CameraProblem, cams: np.ndarray, tracks: Tracks, tolerance: np.ndarray
) -> tuple[Tracks, np.ndarray]:
    """Tracks and their points (count, 3); the worst misfit of a track goes first, as it spoils the point for
    the others.
    """
    points = triangulate(cams, _rays(problem, tracks), tracks)
    for _ in range(3):
        excess = reprojection_error(cams, _rays(problem, tracks), tracks, points) / tolerance[tracks.view]
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
        points[touched] = triangulate(cams, _rays(problem, again), again)
    return tracks, points


def _count_beside_tags(problem: CameraProblem, seen: Placement) -> int:
    """Points that are no corners of tags: four of a square, each for itself, hold no camera."""
    corners = np.zeros(seen.tracks.count, dtype=bool)
    for index in seen.cams_from_world:
        mine = seen.tracks.view == index
        is_corner = np.isin(seen.tracks.keypoint[mine], problem.tags.corners(index))
        corners[seen.tracks.track[mine][is_corner]] = True
    return seen.tracks.count - int(corners.sum())


def _longest(placement: Placement, most: int) -> Placement:
    """With so many points at most, those that most photos see."""
    kept = np.zeros(placement.tracks.count, dtype=bool)
    kept[np.argsort(-placement.tracks.lengths(), kind="stable")[:most]] = True
    return placement.select(kept)


def _rays(problem: CameraProblem, tracks: Tracks) -> np.ndarray:
    """(O, 2) rays of the observations."""
    rays = np.zeros((len(tracks.view), 2))
    for index in np.unique(tracks.view):
        mine = tracks.view == index
        rays[mine] = problem.views[index].rays[tracks.keypoint[mine]]
    return rays


def _agreeing_pairs(
    problem: CameraProblem, cams_from_world: dict[int, np.ndarray], options: SettleOptions, leniency: float
) -> dict[Pair, Matches]:
    pairs = {}
    for a, b in combinations(sorted(cams_from_world), 2):
        found = problem.agreeing(a, b, relative_pose(cams_from_world, a, b), leniency)
        if found is not None:
            pairs[a, b] = found.select(found.ratios < options.max_ratio)
    return pairs


def _nearest(cams: np.ndarray, tracks: Tracks, points: np.ndarray) -> np.ndarray:
    """(count,) least depth of a point before the cameras (V, 4, 4) that see it."""
    seen = cams[tracks.view]
    depth = (seen[:, 2, :3] * points[tracks.track]).sum(1) + seen[:, 2, 3]
    least = np.full(tracks.count, np.inf)
    np.minimum.at(least, tracks.track, depth)
    return least


def _extent(cams_from_world: dict[int, np.ndarray]) -> float:
    """The largest distance of a camera from their mean."""
    centres = np.array([centre_of(cam) for cam in cams_from_world.values()])
    return float(np.linalg.norm(centres - centres.mean(0), axis=1).max())


def _angles(cams_from_world: dict[int, np.ndarray], tracks: Tracks, points: np.ndarray) -> np.ndarray:
    """(count,) degrees, twice the largest angle between a point's rays and their mean: its parallax."""
    centres = np.zeros((max(cams_from_world) + 1, 3))
    for index, cam_from_world in cams_from_world.items():
        centres[index] = centre_of(cam_from_world)
    rays = points[tracks.track] - centres[tracks.view]
    rays /= np.linalg.norm(rays, axis=1, keepdims=True).clip(min=1e-12)
    mean = np.zeros((tracks.count, 3))
    np.add.at(mean, tracks.track, rays)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True).clip(min=1e-12)
    off = np.degrees(np.arccos(np.clip((rays * mean[tracks.track]).sum(1), -1.0, 1.0)))
    widest = np.zeros(tracks.count)
    np.maximum.at(widest, tracks.track, off)
    return 2.0 * widest
