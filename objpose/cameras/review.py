"""After the solve: each photo is left out, judged by the others and searched again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from objpose.cameras.growth import Grown, weigh
from objpose.cameras.problem import Problem
from objpose.cameras.resection import Candidate, Resection
from objpose.cameras.settle import settle
from objpose.work import share, threads

# Nats by which another place must explain a photo better before the photo is moved there.
MOVE_GAIN = 5.0


@dataclass(frozen=True, eq=False)
class PhotoReview:
    """What the other photos say of one: nats for where it stands, and the best other place, if any."""

    evidence: float
    rival: Candidate | None

    @property
    def margin(self) -> float:
        """Nats between the two; all of the evidence without a rival."""
        return self.evidence - (0.0 if self.rival is None else max(self.rival.evidence, 0.0))


def review(problem: Problem, grown: Grown, seed: int = 0) -> tuple[Grown, dict[int, PhotoReview]]:
    """Leave every photo out once, the weakest first; move those that another place explains better.

    A move stays only if it raises the evidence of the whole; photos after it are reviewed in the new
    placement. Returns the placement and the reviews of its photos.
    """
    reviews: dict[int, PhotoReview] = {}
    waiting = sorted(grown.placement.cams_from_world, key=lambda one: _support(grown, one))
    while waiting:
        for found in share(partial(_review_photo, problem, grown, seed), waiting[: threads()]):
            photo = waiting.pop(0)
            moved = _moved(problem, grown, photo, found)
            reviews[photo] = found
            if moved is not None:
                stayed = Candidate(grown.placement.cams_from_world[photo], found.evidence)
                reviews[photo], grown = PhotoReview(found.rival.evidence, stayed), moved
                break
    return grown, reviews


def _moved(problem: Problem, grown: Grown, photo: int, found: PhotoReview) -> Grown | None:
    """The placement with the photo at its rival's place, if that explains more."""
    if found.rival is None or found.rival.evidence <= found.evidence + MOVE_GAIN:
        return None
    cams = {**grown.placement.cams_from_world, photo: found.rival.cam_from_world}
    moved = weigh(problem, settle(problem, cams))
    return moved if moved.evidence > grown.evidence else None


def _review_photo(problem: Problem, grown: Grown, seed: int, photo: int) -> PhotoReview:
    placement = grown.placement
    rest = placement.without(photo)
    resection = Resection(problem, rest, photo)
    here = placement.cams_from_world[photo]
    offers = resection.candidates(seed, rest.cams_from_world)
    rivals = [offer for offer in offers if not resection.same_place(offer.cam_from_world, here)]
    return PhotoReview(resection.evidence(here), rivals[0] if rivals else None)


def _support(grown: Grown, photo: int) -> float:
    return float(np.sum([nats for pair, nats in grown.pair_evidence.items() if photo in pair]))
