"""Photos of one object, placed by its outlines where matches alone do not place all of them for sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from objpose.cameras.silhouettes.belief import beliefs, same_pair
from objpose.cameras.silhouettes.carried import Link, carried
from objpose.cameras.silhouettes.found import find_silhouettes
from objpose.cameras.silhouettes.groups import groups_of
from objpose.cameras.silhouettes.growth import Placements
from objpose.cameras.silhouettes.outlined import Outlined
from objpose.cameras.silhouettes.placements import OutlineSearch
from objpose.cameras.silhouettes.silhouette import Silhouette, silhouette_of
from objpose.cameras.solving import Solved
from objpose.features.local.places import Pair

RIVALS = 4  # placements that are told of at most, the best among them
LEAST = 4  # single photos: on three, outlines fit exactly in many ways
UNTOLD = "outlines and matches leave other places for it"
OPEN = "outlines leave {degrees:.0f} degrees open"


def with_outlines(solved: Solved, photos: Sequence[Photo], trust: float, options: RecoverOptions) -> Solved:
    """The solution with the photos that show the whole object in one frame, as outlines and matches have
    them.

    Outlines are those of masks, or, where there are none, of what stands out of a plain ground in every
    photo. Nothing changes with fewer than three outlines, or three that no matches relate, where matches
    place all photos for sure, or where cameras, tags or a turntable's step are known.
    """
    known, tags = options.known, solved.problem.tags
    if solved.problem.held or solved.contested or known.turntable_step is not None or tags.numbers:
        return solved
    chances = _chances(solved, photos, trust, options)
    sure = {pair: chance for pair, chance in chances.items() if chance >= options.silhouettes.belief.sure}
    if _all_joined(len(photos), solved, sure):
        return solved
    silhouettes = _silhouettes(solved, photos, options)
    if len(silhouettes) < 3:
        return solved
    shown, place = list(silhouettes), {index: number for number, index in enumerate(silhouettes)}
    islands = [
        {place[index]: cam for index, cam in island.grown.placement.cams_from_world.items() if index in place}
        for island in solved.islands
    ]
    joined = {(place[a], place[b]) for a, b in sure if a in place and b in place}
    least = options.silhouettes.belief.likely
    likely = {
        (place[a], place[b])
        for (a, b), chance in chances.items()
        if chance >= least and {a, b} <= place.keys()
    }
    shapes = list(silhouettes.values())
    groups, whole = groups_of(shapes, islands, joined), groups_of(shapes, islands, likely)
    if len(groups) == 1 or len(groups) == len(shown) < LEAST:
        return solved
    search = OutlineSearch(solved.problem, shown, shapes, groups, options.silhouettes)
    found = search.placements([] if len(whole) == len(groups) else [whole])
    return _Answer(solved, search, found, chances, options).solved()


def _chances(
    solved: Solved, photos: Sequence[Photo], trust: float, options: RecoverOptions
) -> dict[Pair, float]:
    """Of the pairs of every island to stand right, as matches alone have it."""
    chances: dict[Pair, float] = {}
    for island in solved.islands:
        told = Told(list(photos), solved.problem, island, {}, options.known, trust, options.answer, None)
        chances |= told.pairs
    return chances


def _all_joined(count: int, solved: Solved, sure: Mapping[Pair, float]) -> bool:
    if not solved.islands or len(solved.islands[0].reviews) < count:
        return False
    first = min(solved.islands[0].reviews)
    reached, waiting = {first}, [first]
    while waiting:
        now = waiting.pop()
        new = {b if a == now else a for a, b in sure if now in (a, b)} - reached
        reached |= new
        waiting += new
    return len(reached) == count


def _silhouettes(solved: Solved, photos: Sequence[Photo], options: RecoverOptions) -> dict[int, Silhouette]:
    """By view, of the photos that show the whole object."""
    masks: Sequence[np.ndarray | None] = [photo.mask for photo in photos]
    if all(mask is None for mask in masks):
        masks = find_silhouettes([photo.image for photo in photos], options.silhouettes.ground) or []
    found = {
        index: silhouette_of(solved.problem.views[index], mask, options.silhouettes.silhouette)
        for index, mask in enumerate(masks)
        if mask is not None
    }
    return {index: one for index, one in found.items() if one is not None}


@dataclass(frozen=True, eq=False)
class _Answer:
    """found: placements of the photos of a search; chances: of pairs of the islands before it."""

    solved_before: Solved
    search: OutlineSearch
    found: Placements
    chances: dict[Pair, float]
    options: RecoverOptions

    def solved(self) -> Solved:
        """One island of the best placement, its rivals beside it; islands of other photos as they were."""
        shown, options = self.search.shown, self.options
        told = beliefs(self.found.cams, self.found.cost, options.silhouettes.belief)
        degrees = self.search.coherence.pair_degrees(self.found.cams[0], self.found.photos)
        pairs = {
            (shown[a], shown[b]): max(chance, self._by_matches(a, b))
            * within_degrees(float(degrees[a, b]), options.answer.right_deg)
            for (a, b), chance in told.chance.items()
        }
        root = max(shown, key=lambda one: sum(value for pair, value in pairs.items() if one in pair))
        links = self._links()
        for photo, link in links.items():
            for one in shown:
                own = 1.0 if one == link.beside else pairs[min(one, link.beside), max(one, link.beside)]
                pairs[min(one, photo), max(one, photo)] = own * link.chance
        for a in links:
            for b in links:
                if a < b:
                    pairs[a, b] = min(pairs[min(a, root), max(a, root)], pairs[min(b, root), max(b, root)])
        return self._composed(pairs, root, degrees, links)

    def _composed(
        self, pairs: dict[Pair, float], root: int, degrees: np.ndarray, links: dict[int, Link]
    ) -> Solved:
        options, behind = self.options, self.found.cost - self.found.cost[0]
        unlike = self.found.unlike(options.silhouettes.search.unlike_deg, RIVALS)
        grown = [self._grown(cams, links) for cams in unlike.cams]
        sigma = float(np.median(degrees[np.triu_indices(len(degrees), 1)])) / np.sqrt(2.0)
        far = float(np.median(self.found.cams[0][:, 2, 3]))
        cams = grown[0].placement.cams_from_world
        stated = StatedCameras(cams, max(sigma, 1e-3), max(np.radians(sigma) * far, 1e-6))
        temperature = options.answer.temperature / options.silhouettes.belief.temperature
        behind = temperature * behind
        rivals = [
            replace(one, evidence=grown[0].evidence - temperature * float(nats - unlike.cost[0]))
            for one, nats in zip(grown[1:], unlike.cost[1:], strict=True)
        ]
        outlined = Outlined(pairs, root, self._doubts(pairs, root, degrees), stated)
        first = Island(grown[0], self._reviews(grown[0], behind), rivals, outlined=outlined)
        rest = [one for one in self.solved_before.islands if not one.reviews.keys() & cams.keys()]
        return replace(self.solved_before, islands=[first, *rest])

    def _by_matches(self, a: int, b: int) -> float:
        """Chance of a pair of the search that matches alone give it where they have it in the same place."""
        first, second = self.search.shown[a], self.search.shown[b]
        for island in self.solved_before.islands:
            cams = island.grown.placement.cams_from_world
            if first in cams and second in cams:
                both = np.stack([cams[first], cams[second]])
                if same_pair(self.found.cams[0][[a, b]], both, 0, 1, self.options.answer.right_deg):
                    return self.chances.get((min(first, second), max(first, second)), 0.0)
        return 0.0

    def _links(self) -> dict[int, Link]:
        """Of photos without an outline, to those with one."""
        islands = [island.grown.placement.cams_from_world for island in self.solved_before.islands]
        return carried(islands, set(self.search.shown), self.chances)

    def _grown(self, cams: np.ndarray, links: dict[int, Link]) -> Grown:
        problem = self.solved_before.problem
        placed = dict(zip(self.search.shown, cams, strict=True))
        placed |= {photo: link.cam_beside(placed) for photo, link in links.items()}
        return weigh_placement(problem, with_points(problem, placed, self.options.placing.settle))

    def _reviews(self, grown: Grown, behind: np.ndarray) -> dict[int, PhotoReview]:
        """Of each photo the best placement that has it elsewhere, as seen from another photo."""
        reviews = {
            photo: PhotoReview(grown.support(photo), None) for photo in grown.placement.cams_from_world
        }
        for place, index in enumerate(self.search.shown):
            other, here = 0 if place else len(self.search.shown) - 1, self.found.cams[0]
            for cams, nats in zip(self.found.cams[1:], behind[1:], strict=True):
                if not same_pair(here, cams, other, place, self.options.answer.right_deg):
                    moved = cams[place] @ np.linalg.inv(cams[other]) @ here[other]
                    rival = Candidate(moved, reviews[index].evidence - float(nats))
                    reviews[index] = PhotoReview(reviews[index].evidence, rival)
                    break
        return reviews

    def _doubts(self, pairs: dict[Pair, float], root: int, degrees: np.ndarray) -> dict[int, str]:
        """Why photos that outlines place are not sure."""
        doubts, shown, options = {}, self.search.shown, self.options.answer
        for place, index in enumerate(shown):
            if index == root or pairs[min(index, root), max(index, root)] >= options.doubted:
                continue
            wide = float(degrees[place, shown.index(root)])
            doubts[index] = OPEN.format(degrees=min(wide, 180.0)) if wide > options.open_deg else UNTOLD
        return doubts
