"""How unlike its surroundings a mask's colours are."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

RING = 0.25  # of the root of the mask's area: how far the surroundings reach
GAP = 2  # pixels at the border that belong to neither side
DARK = 20  # of a colour value, below which ratios are noise
LEAST = 30  # pixels on either side


def contrast(rgb: np.ndarray, mask: np.ndarray) -> float | None:
    """Fisher's distance between the log colours (H, W, 3) inside and around the mask (H, W), in deviations.

    None where too little lies on one side.
    """
    width = GAP + max(GAP, round(RING * np.sqrt(mask.sum())))
    around = ndimage.binary_dilation(mask, iterations=width) & ~ndimage.binary_dilation(mask, iterations=GAP)
    logs = np.log(rgb.astype(np.float64) + DARK)
    inner, outer = logs[mask], logs[around]
    if min(len(inner), len(outer)) < LEAST:
        return None
    covariance = (np.cov(inner.T) + np.cov(outer.T)) / 2 + 1e-3 * np.eye(3)
    apart = inner.mean(0) - outer.mean(0)
    return float(np.sqrt(apart @ np.linalg.solve(covariance, apart)))
