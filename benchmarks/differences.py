"""Where two poses of an object truly look different: in exact images, by more than noise allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scenes import Look
from scipy import ndimage
from sensing import BASELINE, Difficulty

BEYOND = 4.0  # standard deviations of a pixel's noise: more is a difference
LIGHT = 0.03  # of a colour: shading that nobody can foresee
FAINT = 3.0  # nats of all pixels below which nothing is seen
MASK_NOISE = 2.0  # pixels: outlines nearer than that are one to a segmenter
STEP_SIGMA = 12**-0.5  # of a step, the error of rounding


@dataclass(frozen=True, eq=False)
class Difference:
    """Of what is seen of two poses in one scene."""

    pixels: np.ndarray  # (H, W) bool, of the scene's window: where they differ beyond noise
    evidence: float  # nats that all pixels together hold at most, were their noise independent

    @property
    def count(self) -> int:
        return int(self.pixels.sum())

    @property
    def in_view(self) -> bool:
        """Whether anything tells the poses apart: a pixel for sure, or many faintly."""
        return self.count > 0 or self.evidence > FAINT


def difference(first: Look, second: Look, focal: float, level: Difficulty, with_depth: bool) -> Difference:
    """What tells two poses apart in what is in view; what neighbours hide of both is alike."""
    ratio = (np.abs(first.color - second.color) / _color_sigma(first.color, second.color, level)).max(-1)
    if with_depth:
        nearer = np.minimum(first.depth, second.depth)
        ratio = np.maximum(ratio, np.abs(first.depth - second.depth) / _depth_sigma(nearer, focal, level))
    outlines = first.outline, second.outline
    pixels = (ratio > BEYOND) | _apart(*outlines) | _apart(*outlines[::-1])
    return Difference(pixels, float(np.square(ratio).sum() / 4))


def _color_sigma(first: np.ndarray, second: np.ndarray, level: Difficulty) -> np.ndarray:
    """(H, W, 3) of a pixel's colour, whose light is not known to some per cent."""
    return np.hypot(level.color_sigma, LIGHT * np.maximum(first, second))


def _depth_sigma(depth: np.ndarray, focal: float, level: Difficulty) -> np.ndarray:
    """(H, W) metres, of a pixel's measured depth."""
    disparity = np.hypot(level.disparity_sigma, STEP_SIGMA * level.disparity_step)
    return depth**2 * disparity / (focal * BASELINE)


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(H, W) what of the first outline lies farther from the second than a mask's border errs."""
    if not second.any():
        return first
    return first & (ndimage.distance_transform_edt(~second) > MASK_NOISE)
