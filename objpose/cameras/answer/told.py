"""One island as it is told: in the frame and unit of the answer, with how far each photo is to be trusted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from objpose.cameras.answer.confidence import Trust, trust_of
from objpose.cameras.answer.island import Island
from objpose.cameras.answer.object_size import object_measure
from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.points import points_of
from objpose.cameras.answer.reasons import reason_to_doubt, rival_place
from objpose.cameras.answer.recovered import RecoveredPhoto, se3
from objpose.cameras.answer.rival_focals import belief_in_pair, told_of_rivals
from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.coins.measures import coin_says
from objpose.cameras.known.coins import coin_diameter
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.known.known import Known, standing
from objpose.cameras.known.lengths import length_measures
from objpose.cameras.known.metre import metre_of
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.turntable_step import Stepped
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.placement import Prediction
from objpose.cameras.scene.prediction import predict
from objpose.cameras.tags.measures import tags_say
from objpose.cameras.tags.placed import squares_of
from objpose.errors import InputError
from objpose.features.local.places import Pair
from objpose.geometry import SE3
from objpose.geometry.rigid_matrices import centre_of, inverse_matrix
from objpose.io import SparsePoints

BEYOND = "placed by the turntable's step alone, beyond the last photo that stands for sure"


class Told:
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
        doubts: Mapping[int, str],
    ):
        self.problem, self.island, self.options = problem, island, options
        self.contradicted, self.doubts = contradicted, doubts
        self.cams = island.grown.placement.cams_from_world
        self.stepped = island.stepped or Stepped(island.grown)
        gave_way = island.known
        held = standing(self.cams, problem.held) if gave_way is None else list(gave_way.cams)
        self._held, self._firmness = held, dict[frozenset[int], Uncertainty]()
        self.trusted = self._trusted(set(held) - contradicted.keys(), trust)
        self.pairs, self.root = self.trusted.pairs, self.trusted.root
        self.unused: InputError | None = None
        metre = self._metre(photos, known, 1.0 if held else None)
        self.is_metric = metre is not None
        self.unit = island.grown.placement.extent if metre is None else metre
        self.origin, self.origin_from_world = self.cams[self.root], np.eye(4)
        alone = self.cams.keys() & problem.held.keys()
        if held:
            self.origin, self.unit = np.eye(4), 1.0
        elif alone:
            self.origin, self.origin_from_world = self.cams[min(alone)], problem.held[min(alone)]

    def uncertainty(self, photos: Collection[int]) -> Uncertainty:
        """How far some of the photos can move, by what they share alone."""
        key = frozenset(photos)
        if key not in self._firmness:
            self._firmness[key] = self._uncertainty(key)
        return self._firmness[key]

    def _uncertainty(self, photos: frozenset[int]) -> Uncertainty:
        """Photos of known cameras do not move, or gave way."""
        whole, gave_way = self.island.grown.placement, self.island.known
        placement = whole if photos == self.cams.keys() else whole.among(photos)
        squares = squares_of(self.problem.tag_evidence, placement.cams_from_world)[1]
        outlined = None if self.island.outlined is None else self.island.outlined.stated
        stated = [one for one in (gave_way, self.stepped.stated, outlined) if one is not None]
        fixed = photos.intersection(self._held) if gave_way is None else ()
        views, focals, is_framed = self.problem.views, self.problem.focal_groups, gave_way is not None
        return Uncertainty(views, placement, self.options, fixed, squares, stated, is_framed, focals)

    def _trusted(self, right: set[int], trust: float) -> Trust:
        """right: photos of known cameras that nothing contradicts."""
        outlined = self.island.outlined
        if outlined is None:
            found = self._by_matches(right, trust)
        else:
            unstretched = dict.fromkeys(self.cams, 1.0)  # `stated` says what outlines leave open
            found = Trust(outlined.pairs, outlined.root, unstretched)
        undecided = {pair: min(found.pairs[pair], self.options.undecided) for pair in self._undecided(found)}
        return replace(found, pairs=found.pairs | undecided)

    def _by_matches(self, right: set[int], trust: float) -> Trust:
        island, options = self.island, self.options
        hanging = self.stepped.confirmed | self.stepped.hanging
        tagged = self.problem.tags.pairs
        first = island.grown, island.reviews, self.uncertainty, self._said, trust, options, right, hanging
        found = trust_of(*first, tagged, island.kept)
        pairs = {
            pair: chance * belief_in_pair(island.grown, island.refocused, pair, options)
            for pair, chance in found.pairs.items()
        }
        return replace(found, pairs=pairs)

    def _undecided(self, found: Trust) -> list[Pair]:
        """What no match and no outline can make sure."""
        return [
            pair
            for pair in found.pairs
            if not self.doubts.keys().isdisjoint(pair)
            or self.stepped.beyond & set(pair)
            or self.island.parted(*pair) is not None
        ]

    def _metre(self, photos: list[Photo], known: Known, unit: float | None) -> float | None:
        """World units a metre, None where nothing says; what contradicts is kept."""
        views, placement = self.problem.views, self.island.grown.placement
        centres = {views[index].name: centre_of(cam) for index, cam in self.cams.items()}
        tags = tags_say(self.problem.tag_evidence, self.cams, known.tag_side)
        measures = [*length_measures(known.lengths, centres, known.length_sigma), *tags.measures]
        if known.object_size is not None:
            measures += object_measure(views, photos, placement, known.object_size, self.options.size)
        if known.coin is not None:
            coin = coin_says(views, photos, self.cams, coin_diameter(known.coin), known.coin_at)
            measures, self.unused = [*measures, *coin.measures], coin.unused
        metre, wrong = metre_of(measures, unit)
        against = {one.constraint for one in wrong}
        self.scale = "; ".join(one.what for one in measures if one.what not in against)
        self.contradictions = [*wrong, *tags.moved, *self.stepped.contradictions]
        return metre

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
        others = [one for one in self.cams if one != index]
        chance = float(confidences[others].max() if index == self.root else confidences[self.root])
        chance = chance if number == 0 else 0.0
        against = self.contradicted.get(index)
        stretch = self.trusted.stretch[index]
        uncertainty = self.uncertainty(self.trusted.witnesses((index, self.root)))
        sigma = uncertainty.pair_degrees(self.root, index, stretch) if index != self.root else 0.0
        focal_sigma = uncertainty.focal_sigma(index, stretch)
        units = np.repeat([1.0 / self.unit, 1.0], 3)
        rival = rival_place(found, self.options)
        doubt = BEYOND if index in self.stepped.beyond else self.doubts.get(index)
        doubt = doubt or self._parted(index, others if index == self.root else [self.root])
        if doubt is None and index != self.root:
            grown, refocused = self.island.grown, self.island.refocused
            doubt = told_of_rivals(grown, refocused, (self.root, index), self.options)
        if doubt is None and self.island.outlined is not None:
            doubt = self.island.outlined.doubts.get(index)
        return RecoveredPhoto(
            view.name,
            view.camera,
            self._camera(self.cams[index]),
            chance,
            number,
            torch.from_numpy(uncertainty.covariance(index, stretch) * np.outer(units, units)),
            found.evidence,
            reason_to_doubt(chance, found, said, number, sigma, focal_sigma, self.options, against, doubt),
            () if rival is None else ((self._camera(rival[0]), rival[1]),),
            focal_sigma,
        )

    def _parted(self, index: int, others: Collection[int]) -> str | None:
        """Why a photo is not sure of any of some others, None where it may be of one."""
        whys = [self.island.parted(index, one) for one in others]
        return whys[0] if whys and all(whys) else None

    def _camera(self, cam_from_old: np.ndarray) -> SE3:
        cam_from_world = cam_from_old @ inverse_matrix(self.origin)
        cam_from_world[:3, 3] /= self.unit
        return se3(cam_from_world @ self.origin_from_world)
