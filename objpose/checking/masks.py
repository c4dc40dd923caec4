"""Masks that cannot be an object's, whatever it is: empty, everything, or the background in its place."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from objpose.checking.apparent import Silhouettes, apparent_by_silhouettes
from objpose.checking.finding import Finding
from objpose.checking.given import Given

RIM = 0.6  # share of the picture's rim that a background takes
HOLE = 0.8  # share of the unset pixels that are the one object left out
LEAST = 0.0005  # of the picture: a smaller hole is a flaw


def check_mask(given: Given, silhouettes: Silhouettes | None) -> Finding | None:
    """Of a mask that there is: judged by itself, and by size where depth, camera and object are there."""
    assert given.mask is not None
    expected = "the object's visible pixels"
    if not given.mask.any():
        return Finding(
            "mask empty",
            "mask",
            "no pixel set",
            expected,
            "check the segmentation or its threshold",
            certainty="sure",
        )
    rest = ~given.mask
    if rest.mean() < LEAST:
        cure = "give the object's pixels alone, or no mask where it is to be looked for"
        return Finding("mask extent", "mask", "the whole picture", expected, cure, certainty="sure")
    rim = np.concatenate([given.mask[0], given.mask[-1], given.mask[1:-1, 0], given.mask[1:-1, -1]])
    if rim.mean() < RIM or not _is_one(rest) or not _is_object(given, rest, silhouettes):
        return None
    found = f"{given.mask.mean():.0%} of the picture, all but one place within"
    return Finding("mask inverted", "mask", found, expected, "invert the mask: it must be set on the object")


def _is_one(rest: np.ndarray) -> bool:
    labels, count = ndimage.label(rest)
    return count > 0 and np.bincount(labels.ravel())[1:].max() > HOLE * rest.sum()


def _is_object(given: Given, rest: np.ndarray, silhouettes: Silhouettes | None) -> bool:
    """Whether what is left out is nearer to the object's size than what is set; True where none can tell."""
    if silhouettes is None or given.depth is None or given.camera is None:
        return True
    inner, outer = (
        apparent_by_silhouettes(Given(given.rgb, given.camera, given.depth, mask), silhouettes)
        for mask in (rest, given.mask)
    )
    if inner is None or outer is None:
        return True
    return abs(math.log(inner.ratio)) < abs(math.log(outer.ratio))
