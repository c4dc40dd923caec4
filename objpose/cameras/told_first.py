"""Photos whose focal lengths are told come first: what they are sure of is not given up for the others.

A focal length that nobody told bends until a photo fits where it does not belong, and what fits so may have
more evidence than the truth, and take photos along that stood right without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from objpose.cameras.asking import Answered, Solve, solve_asking
from objpose.cameras.placing.links import photos_beyond
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.views import View
from objpose.cameras.solving import Solver
from objpose.features.local import MatchedPhotos
from objpose.features.local.places import Pair


def solve_told_first(
    solve: Solve, solver: Solver, views: list[View], matched: MatchedPhotos, photos: Sequence[Photo]
) -> Answered:
    """As solve_asking; where some focal lengths are told and others are not, the photos that the told ones
    alone are sure of stay as they then stand. Beside known cameras, which hold the others, all are solved at
    once.
    """
    told = set(range(len(views))) - solver.unknown.untold
    if solver.held or not 2 <= len(told) < len(views):
        return solve_asking(solve, solver, views, matched, photos)
    among = {pair: found for pair, found in matched.matches.items() if told >= set(pair)}
    alone = solve_asking(solve, solver.of_told(), views, replace(matched, matches=among), photos)
    kept = set() if alone.motions else _joined(alone) & told
    rest = solver.keeping(kept, alone.solved, alone.asked) if len(kept) > 1 else solver
    return solve_asking(solve, rest, views, matched, photos)


def _joined(alone: Answered) -> set[int]:
    """The largest group of photos of the first island that sure pairs join."""
    placed = alone.solved.cams_from_world.keys()
    sure: dict[Pair, float] = {pair: 1.0 for pair in alone.sure if placed >= set(pair)}
    return max((photos_beyond(sure, photo) for photo in placed), key=len, default=set())
