"""After the growth: groups of photos that hang on weak links are taken off and put together again."""

from __future__ import annotations

from objpose.cameras.pairs.problem import Problem
from objpose.cameras.placing.growth import GROWTH_TRACKS, Grown
from objpose.cameras.placing.links import photos_beyond, strongest_tree
from objpose.cameras.placing.merging import evidence_between, merge
from objpose.cameras.placing.review import MOVE_GAIN
from objpose.cameras.placing.settle import STRICT, Placement, settle

CUTS = 3  # weakest links that are cut, one by one
ROUNDS = 3
# Nats between two groups that no search need question.
CERTAIN_NATS = 150.0


def regroup(problem: Problem, grown: Grown, seed: int = 0) -> Grown:
    """Cut a placement at its weakest links and merge the parts anew where that raises the evidence.

    Each part is a mini-scene, right in itself more often than in its place: what holds it together is
    stronger than what joins it to the rest.
    """
    for _ in range(ROUNDS):
        better = _regrouped(problem, grown, seed)
        if better is None:
            break
        grown = better
    return grown


def _regrouped(problem: Problem, grown: Grown, seed: int) -> Grown | None:
    placement = grown.placement
    for group in weak_groups(grown):
        rest = placement.cams_from_world.keys() - group
        merged = merge(problem, *(_alone(problem, placement, part) for part in (rest, group)), seed)
        if merged is not None and merged.grown.evidence > grown.evidence + MOVE_GAIN:
            return merged.grown
    return None


def _alone(problem: Problem, placement: Placement, photos: set[int]) -> Placement:
    """Some photos of a placement, adjusted to what they see themselves."""
    cams = placement.among(photos).cams_from_world
    return settle(problem, cams, most_tracks=GROWTH_TRACKS, leniency=STRICT)


def weak_groups(grown: Grown) -> list[set[int]]:
    """The smaller sides, of two photos or more, of the weakest links of the chain of trust."""
    tree = strongest_tree(grown.pair_evidence)
    photos = set(grown.placement.cams_from_world)
    groups = []
    for link in sorted(tree, key=tree.__getitem__)[:CUTS]:
        side = photos_beyond({one: nats for one, nats in tree.items() if one != link}, link[0])
        side = min(side, photos - side, key=len)
        between = evidence_between(grown.pair_evidence, side)
        if len(side) > 1 and between < CERTAIN_NATS:
            groups.append(side)
    return groups
