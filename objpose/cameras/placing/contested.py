"""Known cameras that the photos contradict: what they ask for when nothing is held, beside what is stated."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from objpose.cameras.known.contradiction import Contradiction, camera_contradiction
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import ContestOptions
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.relative import relative_pose
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import direction_degrees, rotation_degrees


def contested_cameras(
    problem: CameraProblem, held: Grown, free: Grown, sigma_deg: float, options: ContestOptions
) -> dict[int, Contradiction]:
    """Known cameras that stand to the others as they are stated in `held`, and otherwise in `free`, which the
    photos want far more: the fewest that make the rest agree.

    sigma_deg: that a known camera may be off.
    """
    ahead = free.evidence - held.evidence
    if ahead < options.nats:
        return {}
    offs = _offs(problem, free)
    sigma = float(np.hypot(np.sqrt(2.0) * sigma_deg, options.found_deg))
    apart = {pair: max(one) / sigma for pair, one in offs.items() if max(one) / sigma > options.sigmas}
    found: dict[int, Contradiction] = {}
    while apart:
        photos = sorted({photo for pair in apart for photo in pair}, reverse=True)
        worst = max(photos, key=lambda photo: sum(sigmas for pair, sigmas in apart.items() if photo in pair))
        pair = max((one for one in apart if worst in one), key=apart.__getitem__)
        names = [problem.views[photo].name for photo in (worst, *set(pair) - {worst})]
        found[worst] = camera_contradiction(names[0], names[1], *offs[pair], ahead, apart[pair])
        apart = {one: sigmas for one, sigmas in apart.items() if worst not in one}
    return found


def without_contested(problem: CameraProblem, contested: dict[int, Contradiction]) -> CameraProblem:
    """The problem in which contested cameras stand as stated, and their matches count for none.

    With fewer than two others known, there is no frame for them to stand in.
    """
    rest = {index: cam for index, cam in problem.held.items() if index not in contested}
    matches = {pair: found for pair, found in problem.matches.items() if not contested.keys() & set(pair)}
    hypotheses = {pair: found for pair, found in problem.hypotheses.items() if pair in matches}
    held = problem.held if len(rest) > 1 else rest
    return replace(problem, matches=matches, hypotheses=hypotheses, held=held)


def _offs(problem: CameraProblem, free: Grown) -> dict[Pair, tuple[float, float]]:
    """Degrees in turn and direction that each pair of known cameras is off where nothing is held."""
    cams = free.placement.cams_from_world
    offs = {}
    for a, b in combinations(sorted(problem.held.keys() & cams.keys()), 2):
        found, stated = relative_pose(cams, a, b), relative_pose(problem.held, a, b)
        turn = rotation_degrees(found[:3, :3].T @ stated[:3, :3])
        offs[a, b] = turn, direction_degrees(found[:3, 3], stated[:3, 3])
    return offs
