"""The island of photos that outlines placed: its chances, rivals and doubts, and the photos that go along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from objpose.cameras.answer.confidence import within_degrees
from objpose.cameras.answer.island import Island
from objpose.cameras.options import RecoverOptions
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.resection import Candidate
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.settle import with_points
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.silhouettes.belief import beliefs, same_pair
from objpose.cameras.silhouettes.carried import Link, carried
from objpose.cameras.silhouettes.growth import Placements
from objpose.cameras.silhouettes.outlined import Outlined
from objpose.cameras.silhouettes.placements import OutlineSearch
from objpose.cameras.solving import Solved
from objpose.features.local.places import Pair

RIVALS = 4  # placements that are told of at most, the best among them
UNTOLD = "outlines and matches leave other places for it"
OPEN = "outlines leave {degrees:.0f} degrees open"
UNFOCUSED = "placed by outlines, which do not tell its focal length"


@dataclass(frozen=True, eq=False)
class OutlinedIsland:
    """found: placements of the photos of a search; chances: of pairs of the islands before it."""

    solved_before: Solved
    search: OutlineSearch
    found: Placements
    chances: dict[Pair, float]
    options: RecoverOptions

    def solved(self) -> Solved:
        """One island of the best placement, its rivals beside it; islands of other photos as they were."""
        degrees = self.search.coherence.pair_degrees(self.found.cams[0], self.found.photos)
        pairs, links = self._pairs(degrees), self._links()
        shown = self.search.shown
        root = max(shown, key=lambda one: sum(value for pair, value in pairs.items() if one in pair))
        return self._composed(pairs | self._linked(pairs, root, links), root, degrees, links)

    def _pairs(self, degrees: np.ndarray) -> dict[Pair, float]:
        """Chances of the photos that outlines placed; degrees: (K, K) that they leave open."""
        told = beliefs(self.found.cams, self.found.cost, self._off(), self.options.silhouettes.belief)
        shown, right_deg = self.search.shown, self.options.answer.right_deg
        # Rough outlines are off as a whole, each its own way: no likelihood of their points says by how much.
        # Nor does it where nobody told the focal lengths: a photo is as far away as its own is long.
        is_rough = self._off() > self.options.silhouettes.belief.exact_rms
        is_open = is_rough or bool(self.solved_before.problem.focal_groups)
        most = self.options.answer.undecided if is_open else 1.0
        return {
            (shown[a], shown[b]): max(min(chance, most), self._by_matches(a, b))
            * within_degrees(float(degrees[a, b]), right_deg)
            for (a, b), chance in told.chance.items()
        }

    def _off(self) -> float:
        """Sigmas that the best placement is off."""
        return self.search.coherence.off(self.found.cams[0], self.found.photos)

    def _linked(self, pairs: dict[Pair, float], root: int, links: dict[int, Link]) -> dict[Pair, float]:
        """Chances of the pairs with a photo that goes along."""
        found: dict[Pair, float] = {}
        for photo, link in links.items():
            for one in self.search.shown:
                own = 1.0 if one == link.beside else pairs[_ordered(one, link.beside)]
                found[_ordered(one, photo)] = own * link.chance
        for a, b in combinations(sorted(links), 2):
            found[a, b] = min(found[_ordered(a, root)], found[_ordered(b, root)])
        return found

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
        temperature = options.answer.temperature / options.silhouettes.belief.temperature_at(self._off())
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
                    return self.chances.get(_ordered(first, second), 0.0)
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
            if index == root or pairs[_ordered(index, root)] >= options.doubted:
                continue
            wide = float(degrees[place, shown.index(root)])
            untold = UNFOCUSED if index in self.solved_before.problem.focal_groups else UNTOLD
            doubts[index] = OPEN.format(degrees=min(wide, 180.0)) if wide > options.open_deg else untold
        return doubts


def _ordered(a: int, b: int) -> Pair:
    return min(a, b), max(a, b)
