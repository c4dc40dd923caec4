"""How sure matches are of the photos that they place: where they are of all, nothing further is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from objpose.cameras.answer.told import Told
from objpose.cameras.options import RecoverOptions
from objpose.cameras.placing.links import photos_beyond
from objpose.cameras.scene.photos import Photo
from objpose.cameras.solving import Solved
from objpose.features.local.places import Pair


def pair_chances(
    solved: Solved, photos: Sequence[Photo], trust: float, options: RecoverOptions
) -> dict[Pair, float]:
    """Of the pairs of every island to stand right, as matches alone have it."""
    chances: dict[Pair, float] = {}
    for island in solved.islands:
        told = Told(list(photos), solved.problem, island, {}, options.known, trust, options.answer, {})
        chances |= told.pairs
    return chances


def pairs_above(chances: Mapping[Pair, float], least: float) -> set[Pair]:
    return {pair for pair, chance in chances.items() if chance >= least}


def are_all_joined(count: int, solved: Solved, sure: set[Pair]) -> bool:
    """Whether the first island holds all photos, so many, and a chain of sure pairs joins them."""
    if not solved.islands or len(solved.islands[0].reviews) < count:
        return False
    return len(photos_beyond(dict.fromkeys(sure, 1.0), min(solved.islands[0].reviews))) == count
