"""Objects looked for in places that segmentation finds, where no masks say what is where.

With depth an object is looked for in more places until one is sure. Without, in rounds: what is sure claims
its pixels and tells the ground on which the others have their size; where these may be is asked again of what
is left, as long as that makes one more of them sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.crops import covered_by
from objpose.estimator.as_estimates import FOUND, as_estimates
from objpose.estimator.claimed import ground_depth, silhouette
from objpose.estimator.estimate import PoseEstimate, Target
from objpose.estimator.ground import common_ground, on_one_ground, unsure_on_ground
from objpose.estimator.in_masks import Asked, InMasks, beside
from objpose.estimator.instances import surest_in_place, surest_of_each
from objpose.estimator.options import EstimatorOptions
from objpose.estimator.places import Places
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.segmentation import Detection, Segmented, segment, segmented

AT_FIRST = {"rgbd": 3, "rgb": 2}  # masks that may show an object and are looked at before others
SURE = 0.9  # confidence of one of them that ends the search for it, with depth
CLAIMS = 0.5  # confidence from which an answer claims its pixels, without
AGAIN = 2  # further masks of an object that are looked at in each round


@dataclass(frozen=True, eq=False)
class Search:
    """objects: by name, on the host."""

    in_masks: InMasks
    objects: Mapping[str, ObjectModel]
    options: EstimatorOptions

    def with_depth(self, frame: Frame) -> list[PoseEstimate]:
        """Estimates where segmentation sees an object; of those that agree on an instance, the surest.

        A pose in the wrong place may fit what it covers; the confidence asks what stays bare or empty, too.
        """
        detections = segment(frame, self._models, self.options.segmentation, seed=self.options.seed)
        places = {name: [one for one in detections if one.object == name] for name in self.objects}
        first = AT_FIRST["rgbd"]
        estimates = self._beside_others(frame, [one for some in places.values() for one in some[:first]])
        settled = {estimate.object for estimate in estimates if estimate.confidence > SURE}
        more = [one for name, some in places.items() if name not in settled for one in some[first:]]
        estimates += self._beside_others(frame, more)
        return _surest_first(surest_of_each(self._models, estimates))

    def without_depth(self, frame: Frame) -> list[PoseEstimate]:
        """The same where colours alone tell places, in rounds; on one ground where there is one."""
        frame = frame.without_depth()
        parts = segmented(frame, self._models, self.options.segmentation, seed=self.options.seed)
        detections = parts.detections(self._models)
        first = [one for some in _by_object(detections) for one in some[: AT_FIRST["rgb"]]]
        # A place beside another one is a guess like it, and claims nothing that outlines end at.
        places = self._looked_at(frame, first, [None] * len(first))
        known: set[str] | None = None
        while True:
            different = self._different(places)
            found = self._grounded(different, frame)
            sure = [estimate for estimate in found if estimate.confidence > CLAIMS]
            names = {estimate.object for estimate in sure}
            if names == set(self.objects) or (known is not None and names <= known):
                return _surest_first(found)
            places, known = self._in_what_is_left(places, parts, different, sure), names

    def _in_what_is_left(
        self,
        places: Places,
        parts: Segmented,
        different: Sequence[PoseEstimate],
        sure: Sequence[PoseEstimate],
    ) -> Places:
        """The places, and the best of what the sure ones leave: new ones, and known ones on the ground."""
        frame, names = places.asked.frame, {estimate.object for estimate in sure}
        claims = [silhouette(self.objects[one.object], one.cam_from_obj, frame.camera) for one in sure]
        plane = common_ground(different, self.objects, frame.camera) if self.options.ground else None
        ground = None if plane is None else ground_depth(plane, frame.camera)
        claimed = torch.stack(claims).any(0) if claims else torch.zeros(frame.size, dtype=torch.bool)
        left = parts.remaining(claimed, ground)
        detections = left.detections([model for model in self._models if model.name not in names])
        chosen = [one for some in _by_object(detections) for one in places.chosen_of(some, AGAIN)]
        new = [one for one in chosen if places.index_of(one) is None]
        places = places.joined(self._looked_at(frame, new, [covered_by(one.mask, claims) for one in new]))
        return self._on_the_ground(places, [places.index_of(one) for one in chosen], claims)

    def _on_the_ground(self, places: Places, asked: Iterable[int | None], claims: Sequence[Tensor]) -> Places:
        """Those asked that are unsure and have not yet been, looked for on the ground of the others."""
        estimates = as_estimates(places.asked, places.answers, self.objects, FOUND)
        camera = places.asked.frame.camera
        grounds = unsure_on_ground(estimates, self.objects, camera) if self.options.ground else {}
        now = {index: grounds[index] for index in asked if index in grounds and index not in places.stood}
        covered = [covered_by(mask, claims) for mask in places.asked.masks]
        known = replace(places.asked, covered=covered)
        return places.standing(self.in_masks.stood(known, places.answers, now), now)

    def _different(self, places: Places) -> list[PoseEstimate]:
        """Estimates of different instances, one for each place."""
        estimates = as_estimates(places.asked, places.answers, self.objects, FOUND)
        return surest_of_each(self._models, surest_in_place(self.objects, estimates, places.asked.masks))

    def _grounded(self, estimates: list[PoseEstimate], frame: Frame) -> list[PoseEstimate]:
        return on_one_ground(estimates, self.objects, frame.camera) if self.options.ground else estimates

    def _looked_at(
        self, frame: Frame, detections: Sequence[Detection], covered: Sequence[Tensor | None]
    ) -> Places:
        """The answers in masks found, without depth."""
        targets = [Target(one.object, one.mask, one.score) for one in detections]
        asked = Asked(frame, targets, [one.mask for one in detections], covered, "rgb")
        return Places(asked, self.in_masks.answers(asked))

    def _beside_others(self, frame: Frame, detections: Sequence[Detection]) -> list[PoseEstimate]:
        """Estimates in masks found, with depth; what others claim may hide a part of an object."""
        targets = [Target(one.object, one.mask, one.score) for one in detections]
        masks = [one.mask for one in detections]
        asked = Asked(frame, targets, masks, beside(masks), "rgbd")
        return as_estimates(asked, self.in_masks.answers(asked), self.objects, FOUND)

    @property
    def _models(self) -> list[ObjectModel]:
        return list(self.objects.values())


def _surest_first(estimates: Iterable[PoseEstimate]) -> list[PoseEstimate]:
    return sorted(estimates, key=lambda estimate: -estimate.confidence)


def _by_object(detections: Sequence[Detection]) -> list[list[Detection]]:
    """The detections of each object."""
    names = dict.fromkeys(one.object for one in detections)
    return [[one for one in detections if one.object == name] for name in names]
