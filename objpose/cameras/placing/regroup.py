"""After the growth: groups of photos that hang on weak links are taken off and put together again."""

from __future__ import annotations

from typing import NamedTuple

from objpose.cameras.known.known import standing
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.links import photos_beyond, strongest_tree
from objpose.cameras.placing.merging import Merged, merge
from objpose.cameras.placing.options import PlacingOptions, RegroupOptions
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown, Placement


class Apart(NamedTuple):
    """A group of photos, and how it is joined to the others now."""

    group: set[int]
    joined: Merged


def regroup(problem: CameraProblem, grown: Grown, options: PlacingOptions, seed: int = 0) -> Grown:
    """Cut a placement at its weakest links and merge the parts anew where that raises the evidence.

    Each part is a mini-scene, right in itself more often than in its place: what holds it together is
    stronger than what joins it to the rest.
    """
    for _ in range(options.regroup.rounds):
        better = _regrouped(problem, grown, options, seed)
        if better is None:
            break
        grown = better
    return grown


def _regrouped(problem: CameraProblem, grown: Grown, options: PlacingOptions, seed: int) -> Grown | None:
    placement = grown.placement
    known = set(standing(placement.cams_from_world, problem.held))
    for apart in weak_groups(problem, grown, options.regroup):
        group, rest = apart.group, placement.cams_from_world.keys() - apart.group
        if known & group:
            group, rest = rest, group
        if known & group:
            continue  # how the two stand to each other is known
        main, other = (_alone(problem, placement, part, options) for part in (rest, group))
        merged = merge(problem, main, other, options, seed)
        if merged is not None and merged.worth > apart.joined.worth + options.move_gain:
            return merged.grown
    return None


def _alone(
    problem: CameraProblem, placement: Placement, photos: set[int], options: PlacingOptions
) -> Placement:
    """Some photos of a placement, adjusted to what they see themselves."""
    cams = placement.among(photos).cams_from_world
    return settle(problem, cams, options.settle, is_rough=False, is_quick=True)


def weak_groups(problem: CameraProblem, grown: Grown, options: RegroupOptions) -> list[Apart]:
    """The smaller sides, of two photos or more, of the weakest links of the chain of trust."""
    tree = strongest_tree(grown.pair_evidence)
    photos = set(grown.placement.cams_from_world)
    groups = []
    for link in sorted(tree, key=tree.__getitem__)[: options.cuts]:
        side = photos_beyond({one: nats for one, nats in tree.items() if one != link}, link[0])
        side = min(side, photos - side, key=len)
        if len(side) > 1:
            joined = Merged.of(problem, grown, side)
            is_contradicted = joined.predicted.shortfall > options.contradicted_nats
            if joined.evidence_between < options.certain_nats or is_contradicted:
                groups.append(Apart(side, joined))
    return groups
