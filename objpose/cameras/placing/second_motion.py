"""A second thing that moves otherwise: what the matches that a placement leaves say together.

Leftover matches are wrong ones, twins, or another motion. Twins of one object join photos of its two sides:
of any three photos two show the same side, and move as the placement says. So a second motion is one that
three photos have among each other, that each of their pairs has by far more than chance, and none as the
first. What repeats itself has more than one, too, and there they are interleaved.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from objpose.cameras.pairs.hypothesis import same_motion
from objpose.cameras.pairs.problem import CameraProblem, pose_problem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.interleaved import moves_apart
from objpose.cameras.placing.options import MotionOptions, PlacingOptions
from objpose.cameras.placing.settle import misfit_of_tracks, settle
from objpose.cameras.placing.starts import grow_from_pairs
from objpose.cameras.scene.placement import Grown, Placement
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.tracks import Tracks, join_matches
from objpose.features.local import Matches
from objpose.features.local.places import Pair


def find_second_motion(
    problem: CameraProblem, placement: Placement, options: PlacingOptions, seed: int = 0
) -> tuple[CameraProblem, Grown] | None:
    """The problem of the matches that a placement leaves, and what moves by them; None where nothing does."""
    rest = _searched(problem, _leftover(problem, placement, options.motion), options.motion, seed)
    least = options.motion.least_nats
    strong = {pair for pair, found in rest.hypotheses.items() if found[0].evidence > least}
    photos = {photo for three in _triangles(strong) for photo in three}
    if not photos:
        return None
    for grown in sorted(grow_from_pairs(rest, photos, options, seed), key=lambda one: -one.evidence):
        cams = grown.placement.cams_from_world
        own = {pair for pair, nats in grown.pair_evidence.items() if nats > least}
        own = {pair for pair in own if not _moves_alike(problem, pair, cams, placement)}
        if _triangles(own):
            settled = settle(rest, cams, options.settle, is_rough=False)
            if moves_apart(problem.views, placement, settled, options.motion):
                return rest, weigh_placement(rest, settled)
    return None


def spread(problem: CameraProblem, placement: Placement) -> float:
    """Median distance of what a placement explains from the middle of the photos, in half diagonals."""
    tracks, far = placement.tracks, []
    for index in placement.cams_from_world:
        view = problem.views[index]
        pixels = view.features.keypoints[tracks.keypoint[tracks.view == index]]
        half = 0.5 * np.array([view.width - 1, view.height - 1])
        far.append(np.linalg.norm(pixels - half, axis=1) / np.linalg.norm(half))
    together = np.concatenate(far)
    return float(np.median(together)) if len(together) else 0.0


def _leftover(problem: CameraProblem, placement: Placement, options: MotionOptions) -> dict[Pair, Matches]:
    """Matches that do not agree with the placement, alone or with a third photo, less those of its points."""
    tracks, cams = placement.tracks, placement.cams_from_world
    sure = tracks.lengths()[tracks.track] >= options.sure_views if tracks.count else np.zeros(0, bool)
    used = _marked(problem, tracks, sure)
    torn = _torn(problem, placement, options)
    left = {}
    for (a, b), found in problem.matches.items():
        here, there = found.indices.T
        kept = ~used[a][here] & ~used[b][there]
        if a in cams and b in cams:
            misfit = problem.misfit(a, b, found, relative_pose(cams, a, b))
            kept &= (misfit > options.apart) | (torn[a][here] & torn[b][there])
        rest = found.select(kept)
        if np.count_nonzero(rest.ratios < options.clear_ratio) >= problem.options.least_matches:
            left[a, b] = rest
    return left


def _torn(problem: CameraProblem, placement: Placement, options: MotionOptions) -> list[np.ndarray]:
    """For each view (keypoints,) bool: in a track of clear matches that no point of the placement explains.

    Two photos alone may agree with it, where the second motion runs along the epipolar lines of the first.
    """
    inside = placement.cams_from_world.keys()
    clear = {
        pair: found.select(found.ratios < options.clear_ratio)
        for pair, found in problem.matches.items()
        if inside >= set(pair)
    }
    tracks = join_matches(problem.views, clear)
    tracks = tracks.select(tracks.lengths() >= options.sure_views)[0] if tracks.count else tracks
    if not tracks.count:
        return _marked(problem, tracks, np.zeros(0, dtype=bool))
    excess = misfit_of_tracks(problem, placement.cams_from_world, tracks)
    worst = np.zeros(tracks.count)
    np.maximum.at(worst, tracks.track, excess)
    return _marked(problem, tracks, (worst > options.apart)[tracks.track])


def _marked(problem: CameraProblem, tracks: Tracks, which: np.ndarray) -> list[np.ndarray]:
    """For each view (keypoints,) bool: whether it is among these observations (O,)."""
    marked = [np.zeros(len(view.features), dtype=bool) for view in problem.views]
    for index, marks in enumerate(marked):
        marks[tracks.keypoint[which & (tracks.view == index)]] = True
    return marked


def _searched(
    problem: CameraProblem, left: dict[Pair, Matches], options: MotionOptions, seed: int
) -> CameraProblem:
    """With the hypotheses of these matches, from a short search: a second motion has most of them."""
    quick = replace(
        problem.options,
        trials=options.trials,
        ratio_limits=(options.clear_ratio,),
        modes=problem.options.modes[-1:],
        searched_again=0,
    )
    return replace(pose_problem(problem.views, left, quick, seed), options=problem.options)


def _moves_alike(
    problem: CameraProblem, pair: Pair, cams: dict[int, np.ndarray], placement: Placement
) -> bool:
    others = placement.cams_from_world
    if not set(pair) <= others.keys():
        return False
    return same_motion(relative_pose(cams, *pair), relative_pose(others, *pair), problem.options)


def _triangles(pairs: set[Pair]) -> list[tuple[int, int, int]]:
    photos = sorted({photo for pair in pairs for photo in pair})
    return [
        three for three in combinations(photos, 3) if all(pair in pairs for pair in combinations(three, 2))
    ]
