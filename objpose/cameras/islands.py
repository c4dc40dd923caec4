"""Groups of photos that hang together, and their joining where the evidence between them suffices."""

from __future__ import annotations

import numpy as np

from objpose.cameras.growth import Grown, grow, grow_from_starts, least_evidence, weigh
from objpose.cameras.problem import Problem, relative_pose
from objpose.cameras.relative import depths, inverse
from objpose.cameras.resection import Resection
from objpose.cameras.settle import Placement, settle
from objpose.cameras.two_view import judge

SHARED_ENOUGH = 3  # matches with known depth on both sides that fix the ratio of two scales


def find_islands(problem: Problem, seed: int = 0) -> list[list[Grown]]:
    """Groups of photos, the best supported one first; of each its placement and the rivals, the best one
    first.

    A later group is joined to the first where the photos of both say how; else its frame is its own.
    """
    islands: list[list[Grown]] = []
    left = set(range(len(problem.views)))
    while len(left) >= 2:
        grown = grow_from_starts(problem, left, seed)
        if not grown:
            break
        joined = join(problem, islands[0][0].placement, grown[0].placement, seed) if islands else None
        if joined is None:
            islands.append(grown)
        else:
            joined = grow(problem, joined, range(len(problem.views)), seed)
            islands[0] = [weigh(problem, joined), *islands[0][1:]]
        left -= set(grown[0].placement.cams_from_world)
        left -= set(islands[0][0].placement.cams_from_world)
    return islands


def join(problem: Problem, main: Placement, other: Placement, seed: int) -> Placement | None:
    """Both placements in one, by the Sim(3) that the pairs between them want most; None if it is not told
    from chance.

    Every photo of the other is resected in the main one; it brings its own along, scaled as shared points
    ask.
    """
    best, best_nats = None, 0.0
    for photo in other.cams_from_world:
        resection = Resection(problem, main, photo)
        for offer in resection.candidates(seed, main.cams_from_world):
            scale = _scale(problem, resection, other, photo, offer.cam_from_world)
            moved = bring_along(other, photo, offer.cam_from_world, scale)
            nats = _evidence_between(problem, main.cams_from_world, moved)
            if nats > best_nats:
                best, best_nats = moved, nats
    if best is None or best_nats < least_evidence(len(main.cams_from_world) * len(best)):
        return None
    return settle(problem, {**main.cams_from_world, **best})


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


def _scale(
    problem: Problem, resection: Resection, other: Placement, photo: int, cam_from_main: np.ndarray
) -> float:
    """Main units a unit of the other: ratio of the depths that both give the photo's matched keypoints."""
    view = problem.views[photo]
    mine = other.tracks.view == photo
    cam = other.cams_from_world[photo]
    known = np.full(len(view.features), np.nan)
    seen = other.points[other.tracks.track[mine]] @ cam[2, :3] + cam[2, 3]
    known[other.tracks.keypoint[mine]] = seen
    ratios, typical = [], []
    for link in resection.links:
        cam_from_member = cam_from_main @ inverse(resection.cams[link.member])
        fits = problem.misfit(link.member, photo, link.matches, cam_from_member) < 1.0
        _, depth = depths(cam_from_member, link.rays_member[fits], link.rays_photo[fits])
        typical.append(depth)
        ratios.append(depth / known[link.keypoints[fits]])
    ratio = np.concatenate(ratios or [np.zeros(0)])
    ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
    if len(ratio) >= SHARED_ENOUGH:
        return float(np.median(ratio))
    depth = np.concatenate(typical or [np.zeros(0)])
    depth = depth[depth > 0]
    return float(np.median(depth) / np.median(seen)) if len(depth) and len(seen) else 1.0


def _evidence_between(problem: Problem, main: dict[int, np.ndarray], moved: dict[int, np.ndarray]) -> float:
    cams, total = {**main, **moved}, 0.0
    for a in main:
        for b in moved:
            matches = problem.matches_of(a, b)
            if matches is not None:
                b_from_a = relative_pose(cams, a, b)
                total += judge(problem.views[a], problem.views[b], matches, b_from_a).evidence
    return total
