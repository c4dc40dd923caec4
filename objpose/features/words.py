"""Visual words of an object's patches and tf-idf with soft assignment, for retrieving templates.

Sivic and Zisserman: Video Google, ICCV 2003; Philbin et al.: Lost in quantization, CVPR 2008; as used by
Örnek et al.: FoundPose, ECCV 2024. Templates and queries go through the same code, with squared distances on
both sides.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import torch
from scipy.cluster.vq import kmeans2
from torch import Tensor

SAMPLES_PER_WORD = 48  # that k-means looks at
ITERATIONS = 10  # of k-means; more do not change the retrieval
NEAREST = 3  # words that a descriptor is assigned to
CHUNK = 8192  # descriptors compared with all words at once


@dataclass(frozen=True, eq=False)
class VisualWords:
    centres: Tensor  # (W, D)
    idf: Tensor  # (W,) inverse document frequency of each word, the templates being the documents
    sigma: float  # of the soft assignment, in the descriptors' own unit

    @staticmethod
    def fit(descriptors: Tensor, template_ids: Tensor, count: int, seed: int = 0) -> VisualWords:
        """At most `count` words of descriptors (n, D), each from the template whose id (n,) is given.

        There are never more words than distinct descriptors. The soft assignment's sigma is the median
        distance of a descriptor to its word. idf is smoothed as if one more template had every word:
        finite for words that no template has, positive for words that all have.

        Raises:
            ValueError: no descriptors.
        """
        if len(descriptors) == 0:
            raise ValueError("visual words need at least one descriptor")
        centres = _cluster(descriptors, count, seed)
        squared, nearest = _nearest_words(descriptors, centres, 1)
        templates = torch.unique(template_ids)
        pairs = torch.unique(torch.stack([template_ids.to(nearest), nearest[:, 0]], dim=1), dim=0)
        holding = torch.bincount(pairs[:, 1], minlength=len(centres))
        idf = 1.0 + ((1.0 + len(templates)) / (1.0 + holding.float())).log()
        return VisualWords(centres, idf, _spread(squared[:, 0], centres))

    def __len__(self) -> int:
        return len(self.centres)

    def weights(self, descriptors: Tensor) -> tuple[Tensor, Tensor]:
        """(n, k) the nearest words of descriptors (n, D) and (n, k) their weights, which sum to 1.

        k is 3, or the number of words where there are fewer. A weight is proportional to
        exp(-d^2 / (2 sigma^2)), however far away all words are.
        """
        squared, nearest = _nearest_words(descriptors, self.centres, min(NEAREST, len(self)))
        return nearest, torch.softmax(-squared / (2 * self.sigma**2), dim=-1)

    def histogram(self, descriptors: Tensor, group_ids: Tensor, groups: int) -> Tensor:
        """(groups, W) tf-idf of each group of descriptors (n, D), group_ids (n,) in [0, groups).

        A group is a template or a query crop; compare them by cosine. Groups without descriptors are zero.
        """
        words, weights = self.weights(descriptors)
        slots = (group_ids[:, None] * len(self) + words).flatten()
        counts = weights.new_zeros(groups * len(self)).index_add_(0, slots, weights.flatten())
        sizes = torch.bincount(group_ids, minlength=groups).clamp_min(1)
        return counts.view(groups, len(self)) / sizes[:, None] * self.idf


def _cluster(descriptors: Tensor, count: int, seed: int) -> Tensor:
    """(W, D) k-means centres, started from distinct descriptors; W <= count."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(descriptors), generator=generator)[: SAMPLES_PER_WORD * count]
    sample = descriptors[order.to(descriptors.device)].float().cpu()
    distinct = torch.unique(sample, dim=0)
    if len(distinct) <= count:
        return distinct.to(descriptors.device)
    start = distinct[torch.randperm(len(distinct), generator=generator)[:count]]
    with warnings.catch_warnings():
        # A word that loses its last descriptor stays where it is, and its idf stays finite.
        warnings.filterwarnings("ignore", "One of the clusters is empty")
        centres, _ = kmeans2(
            sample.numpy(), start.numpy(), iter=ITERATIONS, minit="matrix", missing="warn", check_finite=False
        )
    return torch.from_numpy(centres).to(descriptors)


def _nearest_words(descriptors: Tensor, centres: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """(n, count) squared distances to the nearest words, nearest first, and which they are."""
    found = [
        torch.cdist(part, centres).topk(count, largest=False) for part in descriptors.float().split(CHUNK)
    ]
    squared = torch.cat([distance.square() for distance, _ in found])
    return squared, torch.cat([index for _, index in found])


def _spread(squared: Tensor, centres: Tensor) -> float:
    """The median distance to a word that is not zero; of words among themselves if all are; else 1."""
    positive = squared[squared > 0]
    if len(positive) == 0:
        between = torch.pdist(centres[:CHUNK])
        positive = between[between > 0].square()
    return float(positive.median().sqrt()) if len(positive) else 1.0
