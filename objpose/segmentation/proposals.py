"""Proposals: parts, objects and heaps of a partition, many of them overlapping, with scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from torch import Tensor

from objpose.frame import Frame
from objpose.segmentation.merging import MergeTree, merge_tree
from objpose.segmentation.partition import Partition, partition

# What each tree of merges goes by: colour, jumps, folds. No one of them is right for all scenes.
DEPTH_TREES = ((1.0, 1.0, 1.0), (0.0, 1.0, 1.0), (1.0, 0.0, 0.0))
COLOR_TREES = ((1.0,),)
LARGEST_SHARE = 0.4  # of the image: more is scenery


@dataclass(frozen=True)
class ProposalOptions:
    seed: int = 0  # the same seed gives the same proposals
    largest: float = 0.5  # metres across of the largest object to be found; larger planes are support
    smallest_share: float = 0.001  # of the image, below which a proposal is too small to work with
    overlap: float = 0.9  # intersection over union from which the lesser of two proposals is dropped
    limit: int = 300  # proposals at most, the best by score


@dataclass(frozen=True, eq=False)
class Proposal:
    mask: Tensor  # (H, W) bool
    score: float  # in [0, 1]: how much stronger its border is than the edges within


@dataclass(frozen=True, eq=False)
class Candidates:
    """Proposals as sets of the regions of a partition."""

    members: np.ndarray  # (P, R) bool
    scores: np.ndarray  # (P,) in [0, 1], best first
    areas: np.ndarray  # (P,) pixels at working size
    widths: np.ndarray  # (P,) metres, the largest width; NaN without depth

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index) -> Candidates:
        return Candidates(self.members[index], self.scores[index], self.areas[index], self.widths[index])


def propose(frame: Frame, options: ProposalOptions = ProposalOptions()) -> list[Proposal]:
    """Masks of what may be objects, best first; they overlap: parts, whole objects and heaps of them.

    With depth, large planes are taken out and what stands on them is cut at jumps, concave folds and edges of
    colour; without, at edges of colour alone. The list may be empty.
    """
    scene = partition(frame, options.largest, options.seed)
    found = candidates(scene, options)
    return [
        Proposal(scene.mask(members), float(score))
        for members, score in zip(found.members, found.scores, strict=True)
    ]


def candidates(scene: Partition, options: ProposalOptions) -> Candidates:
    """The nodes of the merge trees that may be objects, duplicates dropped."""
    weights = DEPTH_TREES if scene.has_depth else COLOR_TREES
    trees = [merge_tree(scene.areas, scene.borders, np.array(weight)) for weight in weights]
    parts = [_plausible(tree, scene, options) for tree in trees]
    found = Candidates(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    found = found[np.argsort(-found.scores, kind="stable")]
    return _without_duplicates(found, scene, options)


def as_candidates(scene: Partition, members: np.ndarray) -> Candidates:
    """Sets of regions (P, R) that no merging made, none of them empty: their borders count as clear."""
    spans = np.full(len(members), np.nan)
    if scene.has_depth:
        low = np.stack([scene.low[chosen].min(0) for chosen in members])
        spans = (np.stack([scene.high[chosen].max(0) for chosen in members]) - low).max(-1)
    return Candidates(members, np.ones(len(members)), members @ scene.areas, spans)


def _plausible(tree: MergeTree, scene: Partition, options: ProposalOptions) -> tuple[np.ndarray, ...]:
    """The columns of Candidates for the nodes whose size is that of an object."""
    pixels = scene.regions.labels.size
    areas = tree.gathered(scene.areas.astype(float), np.add)
    widths = np.full(len(areas), np.nan)
    fits = (areas >= options.smallest_share * pixels) & (areas <= LARGEST_SHARE * pixels)
    if scene.has_depth:
        widths = (tree.gathered(scene.high, np.maximum) - tree.gathered(scene.low, np.minimum)).max(-1)
        fits &= widths <= options.largest
    nodes = np.flatnonzero(fits)
    return tree.membership(nodes), _contrast(tree)[nodes], areas[nodes], widths[nodes]


def overlaps(members: np.ndarray, others: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """(P, Q) intersection over union of sets of regions (P, R) and (Q, R) of these areas (R,)."""
    first, second = csr_array(members * areas.astype(np.float32)), csr_array(others.astype(np.float32))
    shared = (first @ second.T).toarray()
    return shared / np.maximum((members @ areas)[:, None] + (others @ areas) - shared, 1)


def _contrast(tree: MergeTree) -> np.ndarray:
    """(nodes,) in [0, 1]: by how much the border that ends a node is stronger than the strongest within."""
    return np.clip(np.minimum(tree.ceiling, 1.0) - tree.height, 0.0, 1.0)


def _without_duplicates(found: Candidates, scene: Partition, options: ProposalOptions) -> Candidates:
    kept: list[int] = []
    shared = overlaps(found.members, found.members, scene.areas)
    for index in range(len(found)):
        if len(kept) == options.limit:
            break
        if not (shared[index, kept] > options.overlap).any():
            kept.append(index)
    return found[kept]
