"""Which templates a query looks like."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.comparison import appearance_channels
from objpose.features import DenseFeatures
from objpose.matching.judge import agreement, overlap
from objpose.matching.query import Query
from objpose.onboarding import TemplateSet
from objpose.onboarding.templates import BACKGROUND, covered, thumbnails

WORDS_WEIGHT = 0.3  # of the words' cosine, where the silhouette's and the colours' score counts one
SHORTLIST = 150  # templates whose colours are compared: those of the best silhouettes, and as many by words


@dataclass(frozen=True, eq=False)
class QueryPatches:
    """Patches of a query that lie on the mask, described as the templates' are."""

    map: Tensor  # (h, w, D) principal components of all cells
    stride: float
    origin: float
    pixels: Tensor  # (Q, 2) centres of those on the mask, column and row
    descriptors: Tensor  # (Q, D)


def describe(query: Query, features: DenseFeatures, templates: TemplateSet) -> QueryPatches:
    """Describe a query with the features that the templates were made with."""
    image = torch.where(query.mask[..., None], query.rgb, BACKGROUND).permute(2, 0, 1)
    found = features(image[None])
    centres = found.centres()
    column, row = centres.round().long().unbind(-1)
    owned = covered(query.mask[None], 3)[0][row, column]
    projected = templates.components.project(found.descriptors[0])
    return QueryPatches(projected, found.stride, found.origin, centres[owned], projected[owned])


def retrieve(templates: TemplateSet, query: Query, patches: QueryPatches) -> Tensor:
    """(T,) how much each template looks like the query, higher is more alike; -1 for those sorted out early.

    The words' cosine of FoundPose, and what it has no use for: the query and the templates fill their images
    alike, so that silhouettes, colours and their structure may be compared in place.
    """
    words = words_cosine(templates, patches)
    small = thumbnails(query.rgb[None], query.mask[None])[0].float() / 255
    kept = templates.thumbnails[..., 3].float() / 255
    silhouette, _ = overlap(kept, small[..., 3], torch.ones_like(small[..., 3]))
    count = min(SHORTLIST, len(templates))
    listed = torch.cat([silhouette.topk(count).indices, words.topk(count).indices]).unique()
    drawn = appearance_channels(templates.thumbnails[listed][..., :3].float() / 255)
    weight = kept[listed] * small[..., 3]
    score = torch.full_like(words, -1.0)
    alike = silhouette[listed] * agreement(appearance_channels(small[..., :3]), drawn, weight)
    score[listed] = alike + WORDS_WEIGHT * words[listed]
    return score


def words_cosine(templates: TemplateSet, patches: QueryPatches) -> Tensor:
    """(T,) in [0, 1], how alike the bags of words are; 0 for a query without any patch."""
    group = torch.zeros(len(patches.descriptors), dtype=torch.long)
    histogram = templates.words.histogram(patches.descriptors, group, 1)
    return templates.histograms @ functional.normalize(histogram, dim=-1)[0]
