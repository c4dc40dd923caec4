"""What hangs on weak links is taken off a placement and grown anew on its core, starting from other places.

Growth takes the best place at every step and gives none back: two photos that see each other well and
the rest hardly are both lost where the first of them went astray, and each then holds the other there. The
core, what strong links hold, is what fewer photos would have made; it is kept, and the others start from
elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from objpose.cameras.known.known import standing
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import grow, weigh_placement
from objpose.cameras.placing.links import photos_beyond, strongest_tree
from objpose.cameras.placing.merging import evidence_between
from objpose.cameras.placing.options import CoreOptions, PlacingOptions
from objpose.cameras.placing.regroup import regroup
from objpose.cameras.placing.resection import Candidate, Resection
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown, Placement
from objpose.features.local.places import Pair


def regrown(
    problem: CameraProblem, grown: Grown, photos: Collection[int], options: PlacingOptions, seed: int = 0
) -> Grown:
    """The placement of most evidence among this one and those that its cores lead to.

    photos: that may be placed. What starts from a core holds it as it is until it is adjusted with the rest.
    """
    found = list(cores(problem, grown, options.cores))
    if not found:
        return grown
    whole = settle(problem, grown.placement.cams_from_world, options.settle, is_rough=False)
    known, best = [grown.placement], grown
    for core in found:
        kept, starts = whole.among(core), _starts(problem, whole, core, photos, options, seed)
        others = [_grown_from(problem, kept, one, photos, options, seed, known) for one in starts]
        top = max(filter(None, others), key=lambda one: one.evidence, default=None)
        top = None if top is None else regroup(problem, top, options, seed)
        if top is not None and top.evidence > best.evidence + options.move_gain:
            best = top
    return best


def best_apart(grown: Sequence[Grown], gain: float) -> list[Grown]:
    """Placements with the one first that leaves the most evidence in all, the others as they were.

    One of fewer photos comes before a larger one where it has so many nats more than all that the larger one
    has for those photos, among themselves and with the rest: then it is the rest that stands wrong to them,
    and better stands for itself.
    """
    first = grown[0]
    for one in grown[1:]:
        photos, more = one.placement.cams_from_world.keys(), first.placement.cams_from_world.keys()
        rest = more - photos
        apart = _within(first, rest) + sum(first.predicted[photo].nats for photo in rest)
        if photos < more and one.evidence + apart > first.evidence + gain:
            first = one
    return [first, *(one for one in grown if one is not first)]


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
    whole: Placement,
    core: set[int],
    photos: Collection[int],
    options: PlacingOptions,
    seed: int,
) -> list[tuple[int, Candidate]]:
    """The best places of the other photos beside a core that the whole placement does not hold already."""
    least, found = problem.options.evidence.least(len(core)), []
    for photo in sorted(set(photos) - core):
        resection = Resection(problem, whole.among(core), photo, options.resection)
        here = whole.cams_from_world.get(photo)
        offers = resection.candidates(seed, core, is_thorough=True)
        others = [one for one in offers if here is None or not resection.same_place(one.cam_from_world, here)]
        found += [(photo, one) for one in others[: options.cores.places] if one.evidence > least]
    return sorted(found, key=lambda one: -one[1].evidence)[: options.cores.starts]


def _grown_from(
    problem: CameraProblem,
    core: Placement,
    start: tuple[int, Candidate],
    photos: Collection[int],
    options: PlacingOptions,
    seed: int,
    known: list[Placement],
) -> Grown | None:
    """What a core with one more photo grows to, noted as known; None where that is known already."""
    cams = {**core.cams_from_world, start[0]: start[1].cam_from_world}
    placement = settle(problem, cams, options.settle, is_rough=False, is_quick=True)
    whole = grow(problem, placement, photos, options, seed, known, is_thorough=True)
    if whole is None:
        return None
    known.append(whole)
    return weigh_placement(problem, whole)
