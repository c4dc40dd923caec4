"""Groups of photos that hang together, and their joining where the evidence between them suffices."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.cores import best_apart, regrown
from objpose.cameras.placing.from_known import grow_from_known
from objpose.cameras.placing.growth import grow, weigh_placement
from objpose.cameras.placing.merging import merge
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.regroup import regroup
from objpose.cameras.placing.settle import settle
from objpose.cameras.placing.starts import grow_from_starts
from objpose.cameras.scene.placement import Grown, Placement


def find_islands(
    problem: CameraProblem,
    options: PlacingOptions,
    seed: int = 0,
    rings: Sequence[dict[int, np.ndarray]] = (),
) -> list[list[Grown]]:
    """Groups of photos, the best supported one first; of each its placement and the rivals, the best one
    first.

    A later group is joined to the first where the photos of both say how; else its frame is its own. rings:
    rough cameras of some photos to start from too.
    """
    islands: list[list[Grown]] = []
    left = set(range(len(problem.views)))
    while len(left) >= 2:
        known = [] if islands else grow_from_known(problem, left, options, seed)
        grown = known or grow_from_starts(problem, left, options, seed)
        turned = [] if known else _grown_from_rings(problem, rings, left, options, seed)
        grown = sorted([*grown, *turned], key=lambda one: -one.evidence)
        if not grown:
            break
        grown = best_apart(grown, options.move_gain)
        whole = _completed(problem, regroup(problem, grown[0], options, seed), left, options, seed)
        grown[0] = _from_cores(problem, whole, left, options, seed)
        joined = (
            _joined(problem, islands[0][0].placement, grown[0].placement, options, seed) if islands else None
        )
        if joined is None:
            islands.append(grown)
        else:
            islands[0] = [_with_all(problem, joined.placement, options, seed), *islands[0][1:]]
        left -= set(grown[0].placement.cams_from_world)
        left -= set(islands[0][0].placement.cams_from_world)
    return islands


def _completed(
    problem: CameraProblem, grown: Grown, photos: Collection[int], options: PlacingOptions, seed: int
) -> Grown:
    """With those of the photos that a thorough search still finds a place for."""
    whole = grow(problem, grown.placement, photos, options, seed, is_thorough=True)
    if whole is None or len(whole.cams_from_world) == len(grown.placement.cams_from_world):
        return grown
    return weigh_placement(problem, whole)


def _from_cores(
    problem: CameraProblem, grown: Grown, photos: Collection[int], options: PlacingOptions, seed: int
) -> Grown:
    """The best that its cores lead to, completed where that is another."""
    again = regrown(problem, grown, photos, options, seed)
    return grown if again is grown else _completed(problem, again, photos, options, seed)


def _with_all(problem: CameraProblem, joined: Placement, options: PlacingOptions, seed: int) -> Grown:
    """Two islands in one, with the photos that find a place there now."""
    photos = range(len(problem.views))
    whole = grow(problem, joined, photos, options, seed) or joined
    return _from_cores(problem, weigh_placement(problem, whole), photos, options, seed)


def _grown_from_rings(
    problem: CameraProblem,
    rings: Sequence[dict[int, np.ndarray]],
    left: set[int],
    options: PlacingOptions,
    seed: int,
) -> list[Grown]:
    """What rough cameras of these photos lead to."""
    found = []
    for ring in rings:
        if ring.keys() <= left:
            placement = grow(problem, settle(problem, ring, options.settle), left, options, seed)
            found += [] if placement is None else [weigh_placement(problem, placement)]
    return found


def _joined(
    problem: CameraProblem, main: Placement, other: Placement, options: PlacingOptions, seed: int
) -> Grown | None:
    """Both placements in one where what speaks for it is told from chance, else None."""
    merged = merge(problem, main, other, options, seed)
    least = problem.options.evidence.least(len(main.cams_from_world) * len(other.cams_from_world))
    return None if merged is None or merged.evidence_between < least else merged.grown
