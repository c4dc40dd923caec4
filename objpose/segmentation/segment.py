"""Where the caller has no mask: which objects may be where in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.segmentation.labels import label_scores, rarity
from objpose.segmentation.partition import partition
from objpose.segmentation.proposals import (
    Candidates,
    Proposal,
    ProposalOptions,
    candidates,
    given_candidates,
    joined,
    overlaps,
)
from objpose.work import within

SPAN = 1.6  # of the largest object's diameter: how wide candidates may measure, with stray depths at the rim


@dataclass(frozen=True)
class SegmentationOptions:
    per_object: int = 6  # detections of one object at most
    least_score: float = 0.05  # below it a detection is left out
    relative_score: float = 0.3  # of the object's best detection, below which others are left out
    overlap: float = 0.6  # intersection over union from which the lesser of two detections is dropped
    proposals: ProposalOptions = ProposalOptions()


@dataclass(frozen=True, eq=False)
class Detection:
    """A guess where an object is."""

    object: str  # its name
    mask: Tensor  # (H, W) bool
    score: float  # in [0, 1]


@within()
def segment(
    frame: Frame,
    objects: Sequence[ObjectModel],
    options: SegmentationOptions = SegmentationOptions(),
    proposals: Sequence[Proposal] = (),
    seed: int = 0,
) -> list[Detection]:
    """Masks labelled with the objects that they may show, best first; several for each object.

    The masks compete: their poses tell which is right. proposals: masks from elsewhere, such as
    `Sam.propose`, that are labelled along with the frame's own. The list may be empty.

    Raises:
        InputError: no objects are given.
    """
    if not objects:
        raise InputError("objects", "none", "at least one onboarded object", "onboard a mesh first")
    largest = SPAN * max(model.diameter for model in objects)
    scene = partition(frame, largest, seed)
    found = joined(given_candidates(scene, proposals), candidates(scene, largest, options.proposals))
    if not len(found):
        return []
    scores = label_scores(scene, found, list(objects)) * rarity(scene, found)[:, None]
    detections = [
        Detection(model.name, scene.mask(found.members[index]), float(scores[index, column]))
        for column, model in enumerate(objects)
        for index in _best(found, scores[:, column], scene.areas, options)
    ]
    return sorted(detections, key=lambda detection: -detection.score)


def _best(
    found: Candidates, scores: np.ndarray, areas: np.ndarray, options: SegmentationOptions
) -> list[int]:
    """Indices of the best candidates for one object, none much like another."""
    least = max(options.least_score, options.relative_score * float(scores.max()))
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if scores[index] < least or len(kept) == options.per_object:
            break
        same = overlaps(found.members[index : index + 1], found.members[kept], areas)
        if not (same > options.overlap).any():
            kept.append(int(index))
    return kept
