"""What a structured-light camera makes of exact depth, and what a segmenter makes of an exact mask."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

BASELINE_M = 0.055  # projector to camera
SUBPIXEL = 1 / 8  # steps in which such a sensor finds the disparity, pixels
DISPARITY_NOISE = 0.08  # pixels


def sensor_depth(depth: np.ndarray, focal: float, rng: np.random.Generator) -> np.ndarray:
    """Depth (H,W) metres as measured: jagged borders, disparity steps, shadows, holes. 0 = missing."""
    jagged = _lateral_jitter(depth, 0.6, rng)
    disparity = focal * BASELINE_M / jagged
    noise = ndimage.gaussian_filter(rng.normal(size=depth.shape), 0.8)
    disparity = disparity + DISPARITY_NOISE * noise / noise.std()
    measured = focal * BASELINE_M / (np.round(disparity / SUBPIXEL) * SUBPIXEL)
    return np.where(_holes(depth, focal, rng), 0.0, measured)


def rough_mask(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A mask (H,W) whose border wanders by one to three pixels, as a segmenter's does."""
    distance = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    wander = ndimage.gaussian_filter(rng.normal(size=mask.shape), 6)
    return ndimage.binary_opening(distance > 1.3 * wander / wander.std(), iterations=1)


def _lateral_jitter(depth: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Every pixel reads the depth of a neighbour: borders fray, flat ground stays."""
    rows, cols = np.indices(depth.shape)
    shift = np.round(rng.normal(scale=sigma, size=(2, *depth.shape))).astype(int)
    rows, cols = (np.clip(i + s, 0, n - 1) for i, s, n in zip((rows, cols), shift, depth.shape, strict=True))
    return depth[rows, cols]


def _holes(depth: np.ndarray, focal: float, rng: np.random.Generator) -> np.ndarray:
    """No reading: in the projector's shadow, on surfaces seen at a glance, and at some of the borders."""
    step = ndimage.maximum_filter(depth, 3) - ndimage.minimum_filter(depth, 3)
    glance = np.maximum(_slope(depth, 0), _slope(depth, 1)) * focal / depth > np.tan(np.deg2rad(80))
    border = (step > 0.02) & (rng.random(depth.shape) < 0.5)
    speckle = ndimage.gaussian_filter(rng.normal(size=depth.shape), 1.2)
    return _shadow(depth, focal) | glance | border | (speckle > 3.4 * speckle.std())


def _slope(depth: np.ndarray, axis: int) -> np.ndarray:
    """Metres per pixel along an axis, on the smoother side of each pixel, so that a border is not a slope."""
    forward = np.abs(np.diff(depth, axis=axis, append=np.take(depth, [-1], axis)))
    return np.minimum(forward, np.roll(forward, 1, axis))


def _shadow(depth: np.ndarray, focal: float) -> np.ndarray:
    """Where a nearer surface to the left stands between the point and the projector ."""
    landing = np.arange(depth.shape[1]) + focal * BASELINE_M / depth
    return landing < np.maximum.accumulate(landing, axis=1) - 0.5
