"""From matches to scores: recall of the localization task, average precision of the detection task."""

import numpy as np

RECALLS = np.linspace(0.0, 1.0, 101)  # where COCO, and BOP after it, read the precision


def recall(hits: np.ndarray, targets: int) -> np.ndarray:
    """Share of the targets that are found, (T,); 0 where there is no target.

    hits: (T,) numbers of matched instances. BOP pools the instances of all objects.
    """
    return np.asarray(hits) / targets if targets else np.zeros(np.shape(hits))


def average_precision(
    scores: np.ndarray,
    is_true: np.ndarray,
    is_ignored: np.ndarray,
    instances: int,
    counts: np.ndarray | None = None,
) -> np.ndarray:
    """Average precision of one object's detections, (T,): precision at 101 recalls, interpolated.

    At each recall counts the best precision reached at this recall or a higher one. Detections of equal score
    keep the order given.

    Args:
        scores: (N,)
        is_true: (N, T) matched to an instance that counts.
        is_ignored: (N, T) matched to an instance that does not: neither right nor wrong.
        instances: that count.
        counts: (N,) how often each detection counts; None for once.

    Raises:
        ValueError: no instance counts: the precision is undefined.
    """
    return precision_curve(scores, is_true, is_ignored, instances, counts).mean(axis=0)


def precision_curve(
    scores: np.ndarray,
    is_true: np.ndarray,
    is_ignored: np.ndarray,
    instances: int,
    counts: np.ndarray | None = None,
) -> np.ndarray:
    """(101, T) the interpolated precision at each of `RECALLS`; as `average_precision`."""
    if instances < 1:
        raise ValueError("average precision of an object without an instance is undefined")
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    weights = np.ones((len(order), 1), np.int64) if counts is None else np.asarray(counts)[order, None]
    right = np.cumsum(is_true[order] * weights, axis=0)
    precisions = right / np.maximum(np.cumsum(~is_ignored[order] * weights, axis=0), 1)
    curves = zip((right / float(instances)).T, precisions.T, strict=True)
    return np.stack([_interpolated(*curve) for curve in curves], axis=1)


def _interpolated(recalls: np.ndarray, precisions: np.ndarray) -> np.ndarray:
    """(101,) best precision at each recall or beyond; 0 beyond the last."""
    envelope = np.append(np.maximum.accumulate(precisions[::-1])[::-1], 0.0)
    return envelope[np.searchsorted(recalls, RECALLS, side="left")]
