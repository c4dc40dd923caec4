"""Growing a placement photo by photo, each where all placed ones want it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

import numpy as np

from objpose.cameras.pairs.hypothesis import same_motion, same_rotation
from objpose.cameras.pairs.pair_matches import weigh_motion
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import GrowthOptions, PlacingOptions
from objpose.cameras.placing.resection import Candidate, Resection
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown, Placement, Prediction
from objpose.cameras.scene.prediction import predict
from objpose.cameras.scene.relative import relative_pose
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import inverse_matrix


def grow(
    problem: CameraProblem,
    placement: Placement,
    photos: Collection[int],
    options: PlacingOptions,
    seed: int = 0,
    known: Sequence[Placement] = (),
    advice: dict[int, np.ndarray] | None = None,
    is_thorough: bool = False,
) -> Placement | None:
    """Add the one of these photos with the best place until none beats chance.

    advice: a place, cam_from_world, to try for some of the photos; those are added as long as anything speaks
    for them, as what is weak alone may be strong in the end. is_thorough: as in Resection. None as soon as
    three or more photos stand as in one of the known placements: it would only be found again.
    """
    waiting = [photo for photo in photos if photo not in placement.cams_from_world]
    offers = _Offers(problem, waiting, options, seed)
    offers.ask(placement.cams_from_world)
    advice = advice or {}
    offers.advise(placement, advice)
    while offers.waiting:
        chosen = offers.best(placement, is_thorough)
        if chosen is None:
            break
        least = 0.0 if chosen[0] in advice else problem.options.evidence.least(len(placement.cams_from_world))
        if chosen[1].evidence <= least:
            break
        photo, candidate = chosen
        cams = {**placement.cams_from_world, photo: candidate.cam_from_world}
        placement = settle(problem, cams, options.settle, is_rough=False, is_quick=True)
        if any(stands_in(problem, placement, other, options.growth) for other in known):
            return None
        offers.take(photo)
    return placement


class _Offers:
    """The best known place of every waiting photo, brought up to date no more than the choice of the best
    needs.
    """

    def __init__(self, problem: CameraProblem, waiting: list[int], options: PlacingOptions, seed: int):
        self.problem, self.waiting, self.options, self.seed = problem, waiting, options, seed
        self._unasked: dict[int, set[int]] = {photo: set() for photo in waiting}
        self._bound = {photo: 0.0 for photo in waiting}
        self._hints: dict[int, tuple[int, np.ndarray]] = {}

    def ask(self, placed: Iterable[int]) -> None:
        """Note photos that were placed since; each can add to a waiting photo what their pair has for
        itself.
        """
        optimism, least = self.options.growth.optimism, self.problem.options.evidence.chance_nats_per_photo
        for member in placed:
            for photo in self.waiting:
                found = self.problem.hypotheses_of(member, photo)
                self._unasked[photo].add(member)
                self._bound[photo] += optimism * (found[0].evidence if found else 0.0) + least

    def advise(self, placement: Placement, cams_from_world: dict[int, np.ndarray]) -> None:
        """Try these places too."""
        anchor, cam = next(iter(placement.cams_from_world.items()))
        for photo, cam_from_world in cams_from_world.items():
            self._hints[photo] = anchor, cam_from_world @ inverse_matrix(cam)
            self._bound[photo] += self.problem.options.evidence.chance_nats

    def take(self, photo: int) -> None:
        """The photo has been placed."""
        self.waiting.remove(photo)
        self.ask([photo])

    def best(self, placement: Placement, is_thorough: bool) -> tuple[int, Candidate] | None:
        """The waiting photo with the best place."""
        best: tuple[int, Candidate] | None = None
        for photo in sorted(self.waiting, key=lambda one: -self._bound[one]):
            if best is not None and best[1].evidence >= self._bound[photo]:
                break
            hints = [_from_hint(placement, self._hints[photo])] if photo in self._hints else []
            resection = Resection(self.problem, placement, photo, self.options.resection)
            found = resection.candidates(self.seed, self._unasked[photo], hints, is_thorough)
            self._unasked[photo].clear()
            self._bound[photo] = found[0].evidence if found else 0.0
            if found:
                anchor = next(iter(placement.cams_from_world))
                cam_from_anchor = found[0].cam_from_world @ inverse_matrix(placement.cams_from_world[anchor])
                self._hints[photo] = anchor, cam_from_anchor
                best = max(best or (photo, found[0]), (photo, found[0]), key=lambda one: one[1].evidence)
        return best


def weigh_placement(problem: CameraProblem, placement: Placement) -> Grown:
    """The placement with the evidence of every pair in it, and of what its photos should show."""
    nats = pair_evidence(problem, placement.cams_from_world)
    predicted = predicted_evidence(problem, placement)
    return Grown(placement, sum(nats.values()) + sum(one.nats for one in predicted.values()), nats, predicted)


def predicted_evidence(problem: CameraProblem, placement: Placement) -> dict[int, Prediction]:
    """What the points of the others say of every photo."""
    cams, weighing = placement.cams_from_world, problem.options.prediction
    return {one: predict(problem.views, placement, one, cams[one], weighing) for one in cams}


def pair_evidence(problem: CameraProblem, cams_from_world: dict[int, np.ndarray]) -> dict[Pair, float]:
    """Nats of every pair of these cameras that has matches, and of its tags."""
    nats = {}
    for (a, b), matches in problem.matches.items():
        if a in cams_from_world and b in cams_from_world:
            b_from_a, weighing = relative_pose(cams_from_world, a, b), problem.options.evidence
            of_matches = weigh_motion(problem.views[a], problem.views[b], matches, b_from_a, weighing)
            nats[a, b] = of_matches + problem.tag_evidence.nats(a, b, b_from_a)
    return nats


def stands_in(problem: CameraProblem, placement: Placement, other: Placement, options: GrowthOptions) -> bool:
    """Whether all pairs of a placement stand to each other as they do in another one."""
    cams, others = placement.cams_from_world, other.cams_from_world
    if not cams.keys() <= others.keys():
        return False
    pairs = [(relative_pose(cams, a, b), relative_pose(others, a, b)) for a, b in combinations(cams, 2)]
    least = options.one_place * placement.extent
    return all(
        (same_rotation if np.linalg.norm(ours[:3, 3]) < least else same_motion)(ours, theirs, problem.options)
        for ours, theirs in pairs
    )


def _from_hint(placement: Placement, hint: tuple[int, np.ndarray]) -> np.ndarray:
    anchor, cam_from_anchor = hint
    return cam_from_anchor @ placement.cams_from_world[anchor]
