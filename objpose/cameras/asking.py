"""Photos are solved, and solved again with what further witnesses say, as long as some are not sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from objpose.cameras.answer.motions import Motion
from objpose.cameras.certainty import are_all_joined, pair_chances, pairs_above
from objpose.cameras.pairs.searched import Asked
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.views import View
from objpose.cameras.solving import Solved, Solver
from objpose.features.local import MatchedPhotos
from objpose.features.local.matcher import Witness
from objpose.features.local.matches import Matches
from objpose.features.local.places import Pair

Solve = Callable[
    [Solver, list[View], dict[Pair, Matches], str | None], tuple[Solved, tuple[Motion, ...]]
]  # as solve_meant


@dataclass(frozen=True, eq=False)
class Answered:
    """The solution, what moves in it, the networks whose matches it holds, who was asked, what is sure."""

    solved: Solved
    motions: tuple[Motion, ...]
    weights: tuple[str, ...]
    asked: tuple[Asked, ...]
    sure: frozenset[Pair]


def solve_asking(
    solve: Solve, solver: Solver, views: list[View], matched: MatchedPhotos, photos: Sequence[Photo]
) -> Answered:
    """The solution after every witness that was needed.

    One whose matches count whole is believed: they make what was sure more exact, too. One that is trusted
    less is believed where it makes more pairs sure than there were, and places no further photo that it is
    not sure of: such a photo bends the others to it, and seems to confirm them.
    """
    meant = solver.options.known.asked
    solved, motions = solve(solver, views, matched.matches, meant)
    sure = _sure(solver, solved, photos, matched.trust)
    for witness in _unasked(solver, matched):
        if are_all_joined(len(photos), solved, sure):
            break
        asking = solver.asking(Asked(witness, sure if witness.trust < 1.0 else ()))
        again, moved = solve(asking, views, matched.matches, meant)
        now = _sure(asking, again, photos, matched.trust)
        is_helped = len(now) > len(sure) and _loose(again, now) <= _placed(solved)
        if witness.trust == 1.0 or is_helped:
            solver, solved, motions, sure = asking, again, moved, now
    used = (name for one in solver.asked for name in one.witness.weights)
    return Answered(solved, motions, (*matched.weights, *used), solver.asked, frozenset(sure))


def _unasked(solver: Solver, matched: MatchedPhotos) -> list[Witness]:
    known = [one.witness for one in solver.asked]
    return [one for one in matched.witnesses if one not in known]


def _placed(solved: Solved) -> set[int]:
    return {photo for island in solved.islands for photo in island.reviews}


def _loose(solved: Solved, sure: set[Pair]) -> set[int]:
    """Photos that are placed, and not for sure."""
    return _placed(solved) - {photo for pair in sure for photo in pair}


def _sure(solver: Solver, solved: Solved, photos: Sequence[Photo], trust: float) -> set[Pair]:
    chances = pair_chances(solved, photos, trust, solver.options)
    return pairs_above(chances, solver.options.answer.doubted)
