"""Average precision as PASCAL VOC 2010 and NOCS define it, of any draw of the images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Judged:
    """The predictions of one class, judged by T measures at once.

    scores: (N,). image: (N,) of each prediction. is_right: (N, T). truth_image: (M,) of each true box.
    """

    scores: np.ndarray
    image: np.ndarray
    is_right: np.ndarray
    truth_image: np.ndarray


def average_precision(judged: Judged, counts: np.ndarray) -> np.ndarray:
    """(B, T) area under the precision's envelope over recall; NaN where no truth is drawn.

    counts: (B, images) how often each image counts, in each of B draws.
    """
    order = np.argsort(-judged.scores, kind="stable")
    weights = counts[:, judged.image[order]].astype(np.float64)  # (B, N)
    total = counts[:, judged.truth_image].sum(axis=1)
    seen = weights.cumsum(axis=1)
    found = np.empty((len(counts), judged.is_right.shape[1]))
    for t in range(found.shape[1]):
        gained = weights * judged.is_right[order, t]
        precision = np.divide(gained.cumsum(axis=1), seen, out=np.zeros_like(seen), where=seen > 0)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        area = (gained * envelope).sum(axis=1)
        found[:, t] = np.divide(area, total, out=np.full(len(area), np.nan), where=total > 0)
    return found
