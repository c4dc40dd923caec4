"""Which templates a query looks like."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import HOST, upload
from objpose.objects import TemplateSet
from objpose.objects.templates import thumbnails
from objpose.poses.judge import agreement, overlap
from objpose.poses.query import Query, QueryPatches

WORDS_WEIGHT = 0.3  # of the words' cosine, where the silhouette's and the colours' score counts one
SHORTLIST = 150  # templates whose colours are compared: those of the best silhouettes, and as many by words


def retrieve(templates: TemplateSet, words: Tensor, query: Query) -> Tensor:
    """(T,) how much each template looks like the query, higher is more alike; -1 for those sorted out early.

    The words' cosine of FoundPose, and what it has no use for: the query and the templates fill their images
    alike, so that silhouettes, colours and their structure may be compared in place. On the host, as words
    (T,) and the query; pictures are compared where the templates are.
    """
    kept = templates.thumbnails[..., 3].float() / 255
    small = upload(thumbnails(query.rgb[None], query.mask[None])[0].float() / 255, kept.device)
    silhouette, _ = overlap(kept, small[..., 3], torch.ones_like(small[..., 3]))
    count = min(SHORTLIST, len(templates))
    shapes = silhouette.to(HOST)
    listed = torch.cat([shapes.topk(count).indices, words.topk(count).indices]).unique()
    chosen = upload(listed, kept.device)
    drawn = templates.thumbnails[chosen][..., :3].float() / 255
    weight = kept[chosen] * small[..., 3]
    score = torch.full_like(words, -1.0)
    alike = shapes[listed] * agreement(small[..., :3], drawn, weight).to(HOST)
    score[listed] = alike + WORDS_WEIGHT * words[listed]
    return score


def words_cosine(templates: TemplateSet, patches: QueryPatches) -> Tensor:
    """(T,) in [0, 1], how alike the bags of words are; 0 for a query without any patch."""
    group = torch.zeros(len(patches.descriptors), dtype=torch.long)
    histogram = templates.words.histogram(patches.descriptors, group, 1)
    return templates.histograms @ functional.normalize(histogram, dim=-1)[0]
