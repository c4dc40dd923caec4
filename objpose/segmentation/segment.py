"""Where the caller has no mask: which objects may be where in a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.segmentation.labels import contested, known_colors, label_scores, rarity
from objpose.segmentation.partition import Partition, partition
from objpose.segmentation.parts import neighbours, recombined
from objpose.segmentation.proposals import (
    Candidates,
    Proposal,
    ProposalOptions,
    candidates,
    given_candidates,
    joined,
    overlaps,
)
from objpose.segmentation.recut import recut
from objpose.segmentation.remaining import remaining
from objpose.work import within

SPAN = 1.6  # of the largest object's diameter: how wide candidates may measure, with stray depths at the rim

LARGEST_HOLE = 0.01  # of its area, that is closed in what colours make of a place: they know handles
ALIKE = 0.95  # intersection over union from which that is no second mask


@dataclass(frozen=True)
class SegmentationOptions:
    per_object: int = 6  # places of one object at most, of two masks at most where there is no depth
    least_score: float = 0.05  # below it a detection is left out
    relative_score: float = 0.3  # of the object's best detection, below which others are left out
    # Of joining others to the best candidates and cutting them off, without depth: jumps and folds in depth
    # outline whole objects, edges of colour outline parts as well.
    rounds: int = 3
    overlap: float = 0.6  # intersection over union from which the lesser of two detections is dropped
    proposals: ProposalOptions = ProposalOptions()


@dataclass(frozen=True, eq=False)
class Detection:
    """A guess where an object is."""

    object: str  # its name
    mask: Tensor  # (H, W) bool
    score: float  # in [0, 1]


@dataclass(frozen=True, eq=False)
class Segmented:
    """A frame cut into regions, and the sets of them that may be objects."""

    scene: Partition
    found: Candidates
    touching: csr_array  # of `neighbours`
    options: SegmentationOptions

    def detections(self, objects: Sequence[ObjectModel]) -> list[Detection]:
        """Masks labelled with the objects that they may show, best first; several for each object."""
        if not len(self.found):
            return []
        likely = _likely(self.scene, self.found, objects)
        ranks = likely if self.scene.has_depth else contested(likely)
        detections = [
            Detection(model.name, mask, float(score))
            for model, known, rank in zip(objects, likely.T, ranks.T, strict=True)
            for members, score in _places(
                self.scene, self.found, known, rank, model, self.touching, self.options
            )
            for mask in _masks(self.scene, members, model, self.touching)
        ]
        return sorted(detections, key=lambda detection: -detection.score)

    def remaining(self, claimed: Tensor, ground: Tensor | None) -> Segmented:
        """Where others may be once objects are known, without depth; see `remaining`."""
        scene, found = remaining(self.scene, self.found, claimed, ground, self.options.proposals)
        return replace(self, scene=scene, found=found)


def segmented(
    frame: Frame,
    objects: Sequence[ObjectModel],
    options: SegmentationOptions = SegmentationOptions(),
    proposals: Sequence[Proposal] = (),
    seed: int = 0,
) -> Segmented:
    """The parts of a frame that may be of the size of the objects; see `segment`."""
    if not objects:
        raise InputError("objects", "none", "at least one onboarded object", "onboard a mesh first")
    largest = SPAN * max(model.diameter for model in objects)
    scene = partition(frame, largest, seed)
    found = joined(given_candidates(scene, proposals), candidates(scene, largest, options.proposals))
    return Segmented(scene, found, neighbours(scene), options)


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
    return segmented(frame, objects, options, proposals, seed).detections(objects)


def _likely(scene: Partition, found: Candidates, objects: Sequence[ObjectModel]) -> np.ndarray:
    """(P, M) in [0, 1]: how likely each candidate is each object."""
    return label_scores(scene, found, list(objects)) * rarity(scene, found)[:, None]


def _masks(
    scene: Partition, members: np.ndarray, model: ObjectModel, touching: csr_array
) -> Iterator[Tensor]:
    """The masks (H, W) of a place: its regions (R,) bool and, without depth, what colours make of them."""
    mask = scene.mask(members)
    yield mask
    if not scene.has_depth:
        other = scene.mask(recut(scene, members, known_colors(model), touching), LARGEST_HOLE)
        if (mask & other).sum() < ALIKE * (mask | other).sum():
            yield other


def _places(
    scene: Partition,
    found: Candidates,
    likely: np.ndarray,
    ranks: np.ndarray,
    model: ObjectModel,
    touching: csr_array,
    options: SegmentationOptions,
) -> Iterator[tuple[np.ndarray, float]]:
    """The best sets of regions (R,) bool for one object, and their scores.

    likely, ranks: (P,) how likely each candidate is the object, alone and beside the others that are looked
    for. Each set is what joining others to a candidate and cutting them off makes of it, in the candidate's
    own rank: of so many that are tried some are alike by chance, and these must not push others out.
    """
    best = _best(found, ranks, scene.areas, options)
    kept, scores = found[best], likely[best].copy()
    changed = np.arange(len(best))
    for _ in range(0 if scene.has_depth else options.rounds):
        if not len(changed):
            break
        made, belief, origin = recombined(scene, kept[changed], found, touching)
        better = belief * _likely(scene, made, [model])[:, 0]
        changed = _replaced(kept, scores, made, better, changed[origin])
    first = _best(kept, ranks[best], scene.areas, options) if best else []
    return zip(kept.members[first], ranks[best][first].tolist(), strict=True)


def _replaced(
    kept: Candidates, scores: np.ndarray, made: Candidates, better: np.ndarray, origin: np.ndarray
) -> np.ndarray:
    """Put the best made (P,) of each origin (P,) in its place where it is better; the places changed."""
    changed = []
    for place in np.unique(origin):
        own = np.flatnonzero(origin == place)
        index = own[better[own].argmax()]
        if better[index] > scores[place]:
            scores[place] = better[index]
            for column, new in zip(vars(kept).values(), vars(made).values(), strict=True):
                column[place] = new[index]
            changed.append(place)
    return np.array(changed, dtype=int)


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
