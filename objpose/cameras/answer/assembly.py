"""Putting the answer together: frames, units, confidences, reasons, alternatives, points."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.cameras.answer.confidence import pair_confidences
from objpose.cameras.answer.motions import Motion
from objpose.cameras.answer.object_size import object_measure
from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.points import join_points, no_points, points_of
from objpose.cameras.answer.reasons import (
    best_pair,
    reason_left_out,
    reason_to_doubt,
    rival_place,
    told_against,
)
from objpose.cameras.answer.recovered import RecoveredCameras, RecoveredPhoto, se3
from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.known.known import Known, standing
from objpose.cameras.known.lengths import length_measures, say_unused
from objpose.cameras.known.metre import metre_of
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.turntable_step import Stepped
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.placement import Grown, Prediction
from objpose.cameras.scene.prediction import predict
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.tags.measures import tags_say
from objpose.cameras.tags.placed import squares_of
from objpose.geometry import SE3
from objpose.geometry.rigid_matrices import centre_of, inverse_matrix
from objpose.io import SparsePoints

BEYOND = "placed by the turntable's step alone, beyond the last photo that stands for sure"


@dataclass(frozen=True, eq=False)
class Island:
    """Photos placed in one frame, what the review said of each, and rival placements; stepped: what a
    turntable's step placed of them; known: cameras that were given and gave way to the photos.
    """

    grown: Grown
    reviews: dict[int, PhotoReview]
    rivals: list[Grown]
    stepped: Stepped | None = None
    known: StatedCameras | None = None


def assemble(
    photos: list[Photo],
    problem: CameraProblem,
    islands: list[Island],
    contradicted: dict[int, Contradiction],
    known: Known,
    seconds: dict[str, float],
    trust: float,
    options: AnswerOptions,
    motions: tuple[Motion, ...] = (),
    doubt: str | None = None,
) -> RecoveredCameras:
    """The answer for all photos. Each island's frame is that of its most trusted camera, or the known one.

    contradicted: what the photos say against known cameras; trust: of the matches, as in MatchedPhotos;
    motions: of two things that move differently; doubt: why no photo can be sure of this one.
    """
    answers: dict[int, RecoveredPhoto] = {}
    points, confidence = [no_points()], torch.eye(len(photos), dtype=torch.float64)
    told = [_Told(photos, problem, island, contradicted, known, trust, options, doubt) for island in islands]
    say_unused(known.lengths, {problem.views[index].name for index in told[0].cams} if told else ())
    for number, one in enumerate(told):
        for (a, b), chance in one.pairs.items():
            confidence[a, b] = confidence[b, a] = chance
        answers |= one.photos(number, confidence)
        points.append(one.points(photos))
    placed = len(islands[0].grown.placement.cams_from_world) if islands else 1
    for index in set(range(len(photos))) - set(answers):
        answers[index] = _left_out(problem, index, placed, contradicted.get(index))
    return RecoveredCameras(
        tuple(answers[index] for index in range(len(photos))),
        join_points(points),
        confidence,
        bool(told) and told[0].is_metric,
        seconds,
        _alternatives(problem, islands[0], options) if islands else (),
        tuple(photos),
        (*contradicted.values(), *(off for one in told for off in one.contradictions)),
        motions,
    )


class _Told:
    """One island in the frame and unit of the answer."""

    def __init__(
        self,
        photos: list[Photo],
        problem: CameraProblem,
        island: Island,
        contradicted: dict[int, Contradiction],
        known: Known,
        trust: float,
        options: AnswerOptions,
        doubt: str | None,
    ):
        self.problem, self.island, self.options = problem, island, options
        self.contradicted, self.doubt = contradicted, doubt
        placement = island.grown.placement
        gave_way = island.known
        held = standing(placement.cams_from_world, problem.held) if gave_way is None else list(gave_way.cams)
        squares = squares_of(problem.tag_evidence, placement.cams_from_world)[1]
        stepped = island.stepped or Stepped(island.grown)
        hanging = stepped.confirmed | stepped.hanging
        stated = [one for one in (gave_way, stepped.stated) if one is not None]
        fixed = held if gave_way is None else ()
        self.uncertainty = Uncertainty(
            problem.views, placement, options, fixed, squares, stated, gave_way is not None
        )
        right = set(held) - contradicted.keys()
        self.pairs, self.root = pair_confidences(
            island.grown, island.reviews, self.uncertainty, self._said, trust, options, right, hanging
        )
        self.beyond = stepped.beyond
        for pair in self.pairs:
            if self.beyond & set(pair):
                self.pairs[pair] = min(self.pairs[pair], options.undecided)
        if doubt is not None:
            self.pairs = {pair: min(chance, options.undecided) for pair, chance in self.pairs.items()}
        self.cams = placement.cams_from_world
        centres = {problem.views[index].name: centre_of(cam) for index, cam in self.cams.items()}
        unit = 1.0 if held else None
        tags = tags_say(problem.tag_evidence, self.cams, known.tag_side)
        measures = [*length_measures(known.lengths, centres, known.length_sigma), *tags.measures]
        if known.object_size is not None:
            size = known.object_size
            measures += object_measure(problem.views, photos, placement, size, options.size)
        length, wrong = metre_of(measures, unit)
        self.contradictions = [*wrong, *tags.moved, *stepped.contradictions]
        self.is_metric = length is not None
        self.unit = placement.extent if length is None else length
        self.origin, self.origin_from_world = self.cams[self.root], np.eye(4)
        alone = self.cams.keys() & problem.held.keys()
        if held:
            self.origin, self.unit = np.eye(4), 1.0
        elif alone:
            self.origin, self.origin_from_world = self.cams[min(alone)], problem.held[min(alone)]

    def _said(self, photo: int, witnesses: Collection[int]) -> Prediction:
        """What the points of some photos say of another of the island."""
        placement, weighing = self.island.grown.placement, self.problem.options.prediction
        cam_from_world = placement.cams_from_world[photo]
        return predict(self.problem.views, placement.among(witnesses), photo, cam_from_world, weighing)

    def photos(self, number: int, confidence: Tensor) -> dict[int, RecoveredPhoto]:
        """The answers of its photos, by index; confidence: (N, N) of the pairs."""
        return {index: self._photo(index, number, confidence[index]) for index in self.cams}

    def points(self, photos: list[Photo]) -> SparsePoints:
        placement = self.island.grown.placement
        xyz = (placement.points @ self.origin[:3, :3].T + self.origin[:3, 3]) / self.unit
        xyz = (xyz - self.origin_from_world[:3, 3]) @ self.origin_from_world[:3, :3]
        return points_of(photos, self.problem, placement, xyz)

    def _photo(self, index: int, number: int, confidences: Tensor) -> RecoveredPhoto:
        view, found = self.problem.views[index], self.island.reviews[index]
        said = self.island.grown.predicted[index]
        others = [one for one in self.uncertainty.order if one != index]
        chance = float(confidences[others].max() if index == self.root else confidences[self.root])
        chance = chance if number == 0 else 0.0
        against = self.contradicted.get(index)
        sigma = self.uncertainty.pair_degrees(self.root, index) if index != self.root else 0.0
        units = np.repeat([1.0 / self.unit, 1.0], 3)
        rival = rival_place(found, self.options)
        doubt = BEYOND if index in self.beyond else self.doubt
        return RecoveredPhoto(
            view.name,
            view.camera,
            self._camera(self.cams[index]),
            chance,
            number,
            torch.from_numpy(self.uncertainty.covariance(index) * np.outer(units, units)),
            found.evidence,
            reason_to_doubt(chance, found, said, number, sigma, self.options, against, doubt),
            () if rival is None else ((self._camera(rival[0]), rival[1]),),
        )

    def _camera(self, cam_from_old: np.ndarray) -> SE3:
        cam_from_world = cam_from_old @ inverse_matrix(self.origin)
        cam_from_world[:3, 3] /= self.unit
        return se3(cam_from_world @ self.origin_from_world)


def _left_out(
    problem: CameraProblem, index: int, placed: int, against: Contradiction | None
) -> RecoveredPhoto:
    view = problem.views[index]
    reason = reason_left_out(problem, index, placed) if against is None else told_against(against)
    evidence = best_pair(problem, index)
    return RecoveredPhoto(view.name, view.camera, None, 0.0, evidence=evidence, reason=reason)


def _alternatives(
    problem: CameraProblem, island: Island, options: AnswerOptions
) -> tuple[tuple[dict[str, SE3], float], ...]:
    """Rival placements of the same photos that are worth telling, with their shares of the belief."""
    mine = island.grown.placement.cams_from_world.keys()
    same = [one for one in island.rivals if one.placement.cams_from_world.keys() == mine]
    ahead = np.array([0.0, *(one.evidence - island.grown.evidence for one in same)]) / options.temperature
    belief = np.exp(ahead - ahead.max()) / np.exp(ahead - ahead.max()).sum()
    found = []
    for one, share in zip(same, belief[1:], strict=True):
        cams = one.placement.cams_from_world.items()
        if share > options.worth_telling:
            found.append(({problem.views[index].name: se3(cam) for index, cam in cams}, float(share)))
    return tuple(found)
