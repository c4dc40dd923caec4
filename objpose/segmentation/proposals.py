"""Proposals: parts, objects and heaps of a partition, many of them overlapping, with scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from torch import Tensor
from torch.nn import functional

from objpose.frame import Frame
from objpose.segmentation.merging import MergeTree, merge_tree
from objpose.segmentation.partition import Partition, partition
from objpose.segmentation.salience import parted, salience

# What each tree of merges goes by: colour, jumps, folds; without depth, colour and hue. None is right
# everywhere.
DEPTH_TREES = ((1.0, 1.0, 1.0), (0.0, 1.0, 1.0), (1.0, 0.0, 0.0))
COLOR_TREES = ((1.0, 0.0), (0.0, 1.0))
STANDING_OUT = (
    0.3,
    0.6,
    0.99,
)  # salience from which regions never merge with those below it, a tree for each
GROUND_SHARE = 0.8  # of the score that candidates lose which do not stand out from the ground
LARGEST_SHARE = 0.4  # of the image: more is scenery
LARGEST = 0.5  # metres across of the largest object to be found, where nothing is known of it
COMPARED = 1500  # candidates, the best by score, among which duplicates are looked for


@dataclass(frozen=True)
class ProposalOptions:
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

    def __getitem__(self, index: slice | np.ndarray | list[int]) -> Candidates:
        return Candidates(self.members[index], self.scores[index], self.areas[index], self.widths[index])


def propose(
    frame: Frame, options: ProposalOptions = ProposalOptions(), largest: float = LARGEST, seed: int = 0
) -> list[Proposal]:
    """Masks of what may be objects, best first; they overlap: parts, whole objects and heaps of them.

    With depth, large planes are taken out and what stands on them is cut at jumps, concave folds and edges of
    colour; without, at edges of colour alone. The list may be empty.
    """
    scene = partition(frame, largest, seed)
    found = candidates(scene, largest, options)
    return [
        Proposal(scene.mask(members), float(score))
        for members, score in zip(found.members, found.scores, strict=True)
    ]


def candidates(scene: Partition, largest: float, options: ProposalOptions = ProposalOptions()) -> Candidates:
    """The nodes of the merge trees that may be objects of `largest` metres across, duplicates dropped."""
    trees, standing_out = _trees(scene)
    parts = [_plausible(tree, scene, largest, options) for tree in trees]
    found = Candidates(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    share = (found.members @ (scene.areas * standing_out)) / np.maximum(found.areas, 1)
    found = replace(found, scores=found.scores * (1 - GROUND_SHARE + GROUND_SHARE * share))
    found = found[np.argsort(-found.scores, kind="stable")[:COMPARED]]
    return _without_duplicates(found, scene, options)


def _trees(scene: Partition) -> tuple[list[MergeTree], np.ndarray]:
    """Trees of merges, and (R,) from 0 to 1 how much each region stands out from the ground."""
    areas, borders = scene.areas, scene.borders
    if scene.standing_out is not None:
        return [merge_tree(areas, borders, np.array(weights)) for weights in DEPTH_TREES], scene.standing_out
    standing_out = salience(scene.regions, borders, edge_map=0)
    trees = [merge_tree(areas, borders, np.array(weights)) for weights in COLOR_TREES]
    for level in STANDING_OUT:
        trees.append(merge_tree(areas, parted(borders, standing_out > level), np.array(COLOR_TREES[0])))
    return trees, standing_out


def given_candidates(scene: Partition, proposals: Sequence[Proposal]) -> Candidates:
    """Masks from elsewhere as the regions that they mostly cover; those that cover none are left out."""
    masks = [_at_work(scene.regions.inside, proposal.mask) for proposal in proposals]
    covered = scene.regions.sums(np.stack(masks, axis=-1)) if masks else np.zeros((scene.regions.count, 0))
    members = (covered > scene.areas[:, None] / 2).T
    some = members.any(1)
    scores = np.array([proposal.score for proposal in proposals])
    return replace(as_candidates(scene, members[some]), scores=scores[some])


def as_candidates(scene: Partition, members: np.ndarray) -> Candidates:
    """Sets of regions (P, R) that no merging made, none of them empty: their borders count as clear."""
    spans = np.full(len(members), np.nan)
    if scene.low is not None and scene.high is not None and len(members):
        low = np.stack([scene.low[chosen].min(0) for chosen in members])
        spans = (np.stack([scene.high[chosen].max(0) for chosen in members]) - low).max(-1)
    return Candidates(members, np.ones(len(members)), members @ scene.areas, spans)


def joined(one: Candidates, other: Candidates) -> Candidates:
    columns = zip(vars(one).values(), vars(other).values(), strict=True)
    return Candidates(*(np.concatenate(pair) for pair in columns))


def _plausible(
    tree: MergeTree, scene: Partition, largest: float, options: ProposalOptions
) -> tuple[np.ndarray, ...]:
    """The columns of Candidates for the nodes whose size is that of an object."""
    pixels = scene.regions.labels.size
    areas = tree.gathered(scene.areas.astype(float), np.add)
    widths = np.full(len(areas), np.nan)
    fits = (areas >= options.smallest_share * pixels) & (areas <= LARGEST_SHARE * pixels)
    if scene.low is not None and scene.high is not None:
        widths = (tree.gathered(scene.high, np.maximum) - tree.gathered(scene.low, np.minimum)).max(-1)
        fits &= widths <= largest
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


def _at_work(inside: np.ndarray, mask: Tensor) -> np.ndarray:
    """(inside pixels,) of a mask in the size of the frame, at the working size."""
    small = functional.interpolate(mask[None, None].float(), size=inside.shape, mode="nearest-exact")[0, 0]
    return small.numpy()[inside]


def _without_duplicates(found: Candidates, scene: Partition, options: ProposalOptions) -> Candidates:
    kept: list[int] = []
    shared = overlaps(found.members, found.members, scene.areas)
    for index in range(len(found)):
        if len(kept) == options.limit:
            break
        if not (shared[index, kept] > options.overlap).any():
            kept.append(index)
    return found[kept]
