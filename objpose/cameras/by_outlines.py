"""Photos of one object, placed by its outlines where matches alone do not place all of them for sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from objpose.cameras.answer.confidence import within_degrees
from objpose.cameras.answer.island import Island
from objpose.cameras.answer.told import Told
from objpose.cameras.options import RecoverOptions
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.resection import Candidate
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.settle import with_points
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.silhouettes.belief import Beliefs, beliefs, same_pair
from objpose.cameras.silhouettes.groups import groups_of
from objpose.cameras.silhouettes.growth import Placements
from objpose.cameras.silhouettes.outlined import Outlined
from objpose.cameras.silhouettes.placements import OutlineSearch
from objpose.cameras.silhouettes.silhouette import Silhouette, silhouette_of
from objpose.cameras.solving import Solved
from objpose.features.local.places import Pair

UNTOLD = "outlines and matches leave other places for it"
OPEN = "outlines leave {degrees:.0f} degrees open"


def with_outlines(solved: Solved, photos: Sequence[Photo], trust: float, options: RecoverOptions) -> Solved:
    """The solution with the photos whose masks show the whole object in one frame, as outlines and matches have them.

    Nothing changes with fewer than three such photos, where matches place all of them for sure, or where cameras or a
    turntable's step are known.
    """
    known, views = options.known, solved.problem.views
    if solved.problem.held or known.turntable_step is not None or solved.contested:
        return solved
    shown, silhouettes = [], []
    for index, photo in enumerate(photos):
        found = None if photo.mask is None else silhouette_of(views[index], photo.mask, options.silhouettes.silhouette)
        if found is not None:
            shown.append(index)
            silhouettes.append(found)
    if len(shown) < 3:
        return solved
    sure = _sure_pairs(solved, photos, trust, options)
    place = {index: number for number, index in enumerate(shown)}
    joined = {(place[a], place[b]) for a, b in sure if a in place and b in place}
    islands = [
        {place[index]: cam for index, cam in island.grown.placement.cams_from_world.items() if index in place}
        for island in solved.islands
    ]
    groups = groups_of(silhouettes, islands, joined)
    if len(groups) == 1:
        return solved
    whole = groups_of(silhouettes, islands, {(a, b) for cams in islands for a in cams for b in cams if a < b})
    search = OutlineSearch(solved.problem, shown, silhouettes, groups, options.silhouettes)
    others = [] if len(whole) == len(groups) else [whole]
    return _answered(solved, search, search.placements(others), options)


def _sure_pairs(solved: Solved, photos: Sequence[Photo], trust: float, options: RecoverOptions) -> set[Pair]:
    """That matches alone join for good."""
    pairs: set[Pair] = set()
    for island in solved.islands:
        told = Told(list(photos), solved.problem, island, {}, options.known, trust, options.answer, None)
        pairs |= {pair for pair, chance in told.pairs.items() if chance >= options.silhouettes.belief.sure}
    return pairs


def _answered(solved: Solved, search: OutlineSearch, found: Placements, options: RecoverOptions) -> Solved:
    """One island of the best placement, its rivals beside it; islands of other photos as they were."""
    shown = search.shown
    told = beliefs(found.cams, found.cost, options.silhouettes.belief)
    degrees = search.coherence.pair_degrees(found.cams[0], found.photos)
    chance = {
        (shown[a], shown[b]): one * within_degrees(float(degrees[a, b]), options.answer.right_deg)
        for (a, b), one in told.chance.items()
    }
    grown = [_grown(solved, search, cams, options) for cams in found.cams[:2]]
    root = max(shown, key=lambda one: sum(value for pair, value in chance.items() if one in pair))
    doubts = _doubts(shown, told, degrees, shown.index(root), options)
    sigma = float(np.median(degrees[np.triu_indices(len(shown), 1)])) / np.sqrt(2.0)
    far = float(np.median(found.cams[0][:, 2, 3]))
    stated = StatedCameras(grown[0].placement.cams_from_world, max(sigma, 1e-3), max(np.radians(sigma) * far, 1e-6))
    temperature = options.answer.temperature / options.silhouettes.belief.temperature
    behind = temperature * (found.cost - found.cost[0])
    rivals = [replace(one, evidence=grown[0].evidence - nats) for one, nats in zip(grown[1:], behind[1:], strict=False)]
    reviews = _reviews(shown, grown[0], found, behind)
    first = Island(grown[0], reviews, rivals, outlined=Outlined(chance, root, doubts, stated))
    rest = [one for one in solved.islands if not one.reviews.keys() & set(shown)]
    return replace(solved, islands=[first, *rest])


def _grown(solved: Solved, search: OutlineSearch, cams: np.ndarray, options: RecoverOptions) -> Grown:
    placed = dict(zip(search.shown, cams, strict=True))
    return weigh_placement(solved.problem, with_points(solved.problem, placed, options.placing.settle))


def _reviews(shown: Sequence[int], grown: Grown, found: Placements, behind: np.ndarray) -> dict[int, PhotoReview]:
    """Of each photo the best placement that has it elsewhere, as seen from the first photo that it leaves."""
    reviews = {}
    for place, index in enumerate(shown):
        rival, support = None, grown.support(index)
        for cams, nats in zip(found.cams[1:], behind[1:], strict=True):
            other = 0 if place else len(shown) - 1
            if not same_pair(found.cams[0], cams, other, place, 10.0):
                moved = cams[place] @ np.linalg.inv(cams[other]) @ found.cams[0][other]
                rival = Candidate(moved, support - float(nats))
                break
        reviews[index] = PhotoReview(support, rival)
    return reviews


def _doubts(
    shown: Sequence[int], told: Beliefs, degrees: np.ndarray, root: int, options: RecoverOptions
) -> dict[int, str]:
    doubts = {}
    for place, index in enumerate(shown):
        pair = (min(place, root), max(place, root))
        if place != root and told.chance[pair] < options.answer.doubted:
            doubts[index] = UNTOLD
        elif place != root and degrees[place, root] > options.answer.open_deg:
            doubts[index] = OPEN.format(degrees=degrees[place, root])
    return doubts
