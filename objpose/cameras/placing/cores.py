"""What hangs on weak links is taken off a placement and grown anew on its core, starting from other places.

Growth takes the best place at every step and gives none back: two photos that see each other well and
the rest hardly are both lost where the first of them went astray, and each then holds the other there. The
core, what strong links hold, is what fewer photos would have made; it is kept, and the others start from
elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from objpose.cameras.known.known import standing
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import grow, weigh_placement
from objpose.cameras.placing.links import photos_beyond, strongest_tree
from objpose.cameras.placing.merging import evidence_between
from objpose.cameras.placing.options import CoreOptions, PlacingOptions
from objpose.cameras.placing.resection import Candidate, Resection
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown, Placement
from objpose.features.local.places import Pair


def regrown(
    problem: CameraProblem, grown: Grown, photos: Collection[int], options: PlacingOptions, seed: int = 0
) -> Grown:
    """The placement of most evidence among this one and those that its cores lead to.

    photos: that may be placed; all placements hold the core as it is until it is adjusted with what is added.
    """
    known, best = [grown.placement], grown
    for core in cores(problem, grown, options.cores):
        kept = grown.placement.among(core)
        for photo, place in _starts(problem, grown, kept, set(photos) - core, options, seed):
            cams = {**kept.cams_from_world, photo: place.cam_from_world}
            start = settle(problem, cams, options.settle, is_rough=False, is_quick=True)
            placement = grow(problem, start, photos, options, seed, known)
            if placement is None:
                continue
            known.append(placement)
            found = weigh_placement(problem, placement)
            if found.evidence > best.evidence + options.move_gain:
                best = found
    return best


def cores(problem: CameraProblem, grown: Grown, options: CoreOptions) -> Iterator[set[int]]:
    """The best supported part when the weakest links are cut, one more each time; known cameras are in it."""
    tree = strongest_tree(grown.pair_evidence)
    fixed = set(standing(grown.placement.cams_from_world, problem.held))
    weak = [link for link in sorted(tree, key=tree.__getitem__) if _is_weak(grown, tree, link, options)]
    told: list[set[int]] = []
    for count in range(1, min(options.cuts, len(weak)) + 1):
        kept = {link: nats for link, nats in tree.items() if link not in weak[:count]}
        parts = [photos_beyond(kept, photo) for photo in grown.placement.cams_from_world]
        core = max(parts, key=lambda part: _within(grown, part))
        if len(core) > 1 and fixed <= core and core not in told:
            told.append(core)
            yield core


def _is_weak(grown: Grown, tree: dict[Pair, float], link: Pair, options: CoreOptions) -> bool:
    """Whether all pairs between the two sides of a link have too little together."""
    side = photos_beyond({one: nats for one, nats in tree.items() if one != link}, link[0])
    return evidence_between(grown.pair_evidence, side) < options.certain_nats


def _within(grown: Grown, part: Collection[int]) -> float:
    return sum(nats for (a, b), nats in grown.pair_evidence.items() if a in part and b in part)


def _starts(
    problem: CameraProblem,
    grown: Grown,
    core: Placement,
    waiting: Collection[int],
    options: PlacingOptions,
    seed: int,
) -> list[tuple[int, Candidate]]:
    """The best places of the waiting photos beside a core that the placement does not hold already."""
    least = problem.options.evidence.least(len(core.cams_from_world))
    found = []
    for photo in sorted(waiting):
        resection = Resection(problem, core, photo, options.resection)
        here = grown.placement.cams_from_world.get(photo)
        offers = resection.candidates(seed, core.cams_from_world, is_thorough=True)
        others = [one for one in offers if here is None or not resection.same_place(one.cam_from_world, here)]
        found += [(photo, one) for one in others[: options.cores.places] if one.evidence > least]
    return sorted(found, key=lambda one: -one[1].evidence)[: options.cores.starts]
