"""Photos whose object is masked: placed by its matches, judged by its outlines, helped by surroundings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from objpose.cameras.asking import Answered
from objpose.cameras.by_outlines import parted_by_outlines
from objpose.cameras.certainty import are_all_joined, pair_chances, pairs_above
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.views import View
from objpose.cameras.solving import Solved, Solver
from objpose.cameras.surroundings import joined_by_object, stand_still
from objpose.cameras.told_first import solve_told_first
from objpose.cameras.two_things import solve_one
from objpose.features.local import MatchedPhotos
from objpose.features.local.places import Pair


class Posed(NamedTuple):
    """What is to be solved."""

    solver: Solver
    views: list[View]
    matched: MatchedPhotos


def solve_masked(own: Posed, photos: Sequence[Photo], whole: Callable[[], Posed]) -> Answered:
    """As the object's own matches have it, and, where these are not sure of all photos, with those of its
    surroundings if they stand still with it. own: posed by the matches on the masks; whole: by all matches.
    """
    answered = _parted(solve_told_first(solve_one, *own, photos), own, photos)
    alone, sure = answered.solved, _sure(answered.solved, own, photos)
    if are_all_joined(len(photos), alone, sure):
        return answered
    every = whole()
    if not stand_still(alone, sure, every.views, every.matched, photos):
        return answered
    again = solve_told_first(solve_one, *every, photos)
    beside = joined_by_object(again.solved, alone, sure)
    return answered if beside is alone else _parted(replace(again, solved=beside), every, photos)


def _parted(answered: Answered, posed: Posed, photos: Sequence[Photo]) -> Answered:
    parted = parted_by_outlines(answered.solved, photos, posed.matched.trust, posed.solver.options)
    return replace(answered, solved=parted)


def _sure(solved: Solved, posed: Posed, photos: Sequence[Photo]) -> set[Pair]:
    options = posed.solver.options
    return pairs_above(pair_chances(solved, photos, posed.matched.trust, options), options.answer.doubted)
