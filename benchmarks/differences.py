"""Where two poses of an object truly look different: in exact images, by more than noise allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scenes import Scene
from scipy import ndimage
from sensing import BASELINE, Difficulty

from objpose.geometry import SE3

BEYOND = 4.0  # standard deviations of a pixel's noise: more is a difference
MASK_NOISE = 2.0  # pixels: outlines nearer than that are one to a segmenter
STEP_SIGMA = 12**-0.5  # of a step, the error of rounding


@dataclass(frozen=True, eq=False)
class Difference:
    """Of two poses in one scene."""

    pixels: np.ndarray  # (H, W) bool: where they differ beyond noise
    evidence: float  # nats that all pixels together hold at most, were their noise independent

    @property
    def count(self) -> int:
        return int(self.pixels.sum())


def difference(scene: Scene, first: SE3, second: SE3, level: Difficulty, with_depth: bool) -> Difference:
    """What tells two cam_from_obj apart in what is in view, neighbours in front of the target left out."""
    (color, depth), (other_color, other_depth) = (scene.exact(pose, level.blur) for pose in (first, second))
    ratio = np.abs(color - other_color).max(-1) / level.color_sigma
    if with_depth:
        ratio = np.maximum(ratio, _depth_ratio(scene, depth, other_depth, level))
    outlines = [scene.outline(pose) for pose in (first, second)]
    pixels = (ratio > BEYOND) | _apart(*outlines) | _apart(*outlines[::-1])
    return Difference(pixels, float(np.square(ratio).sum() / 4))


def _depth_ratio(scene: Scene, depth: np.ndarray, other: np.ndarray, level: Difficulty) -> np.ndarray:
    """(H, W) difference of two depths in standard deviations of the nearer one."""
    disparity_sigma = np.hypot(level.disparity_sigma, STEP_SIGMA * level.disparity_step)
    sigma = np.minimum(depth, other) ** 2 * disparity_sigma / (scene.frame.camera.fx * BASELINE)
    return np.abs(depth - other) / sigma


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(H, W) what of the first outline lies farther from the second than a mask's border errs."""
    if not second.any():
        return first
    return first & (ndimage.distance_transform_edt(~second) > MASK_NOISE)
