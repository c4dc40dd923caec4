"""After the solve: each photo is left out, judged by the others and searched again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from objpose.cameras.known.known import standing
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.resection import Candidate, Resection
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown
from objpose.work import share, threads


@dataclass(frozen=True, eq=False)
class PhotoReview:
    """What the other photos say of one: nats for where it stands, and the best other place, if any."""

    evidence: float
    rival: Candidate | None

    @property
    def margin(self) -> float:
        """Nats between the two; all of the evidence without a rival."""
        return self.evidence - (0.0 if self.rival is None else max(self.rival.evidence, 0.0))


def review(
    problem: CameraProblem, grown: Grown, options: PlacingOptions, seed: int = 0
) -> tuple[Grown, dict[int, PhotoReview]]:
    """Leave every photo out once, the weakest first; move those that another place explains better.

    A move stays only if it raises the evidence of the whole, and known cameras are not moved; photos after it
    are reviewed in the new placement. Returns the placement and the reviews of its photos.
    """
    reviews: dict[int, PhotoReview] = {}
    waiting = sorted(grown.placement.cams_from_world, key=grown.support)
    while waiting:
        for found in share(partial(_review_photo, problem, grown, options, seed), waiting[: threads()]):
            photo = waiting.pop(0)
            moved = _moved(problem, grown, photo, found, options)
            reviews[photo] = found
            if found.rival is not None and moved is not None:
                stayed = Candidate(grown.placement.cams_from_world[photo], found.evidence)
                reviews[photo], grown = PhotoReview(found.rival.evidence, stayed), moved
                break
    return grown, reviews


def _moved(
    problem: CameraProblem, grown: Grown, photo: int, found: PhotoReview, options: PlacingOptions
) -> Grown | None:
    """The placement with the photo at its rival's place, if that explains more."""
    if found.rival is None or found.rival.evidence <= found.evidence + options.move_gain:
        return None
    if photo in standing(grown.placement.cams_from_world, problem.held):
        return None
    cams = {**grown.placement.cams_from_world, photo: found.rival.cam_from_world}
    moved = weigh_placement(problem, settle(problem, cams, options.settle))
    return moved if moved.evidence > grown.evidence else None


def _review_photo(
    problem: CameraProblem, grown: Grown, options: PlacingOptions, seed: int, photo: int
) -> PhotoReview:
    placement = grown.placement
    rest = placement.without(photo)
    resection = Resection(problem, rest, photo, options.resection)
    here = placement.cams_from_world[photo]
    stands = resection.evidence(here)
    is_thorough = stands < options.resection.sure_nats
    offers = resection.candidates(seed, rest.cams_from_world, is_thorough=is_thorough)
    rivals = [offer for offer in offers if not resection.same_place(offer.cam_from_world, here)]
    return PhotoReview(stands, rivals[0] if rivals else None)
