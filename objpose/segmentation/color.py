"""Histograms of colour that a change of light moves little: log-chroma, and a coarse brightness."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from torch import Tensor

from objpose.features.appearance import DARKEST, log_chroma

CHROMA_BINS, CHROMA_STEP = 16, 0.3  # along both chroma axes, natural log units
BRIGHTNESS_BINS, BRIGHTNESS_STEP = 6, 0.6  # natural log units: exposure and shading move it
SOFTNESS = 0.8  # bins: standard deviation by which histograms are blurred before they are compared
BINS = CHROMA_BINS * CHROMA_BINS * BRIGHTNESS_BINS


def color_bins(rgb: Tensor) -> np.ndarray:
    """(*,) bin of colours (*, 3) in [0, 1]; the same for all strengths of light within a brightness bin."""
    chroma = (log_chroma(rgb) / CHROMA_STEP + CHROMA_BINS / 2).long().clamp(0, CHROMA_BINS - 1)
    darkness = -(rgb + DARKEST).log().mean(-1) / BRIGHTNESS_STEP
    darkness = darkness.long().clamp(0, BRIGHTNESS_BINS - 1)
    return ((chroma[..., 0] * CHROMA_BINS + chroma[..., 1]) * BRIGHTNESS_BINS + darkness).numpy()


def histograms(bins: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """(count, BINS) float32 numbers of pixels of each owner (N,) in each bin (N,)."""
    flat = np.bincount(owner.astype(np.int64) * BINS + bins, minlength=count * BINS)
    return flat.reshape(count, BINS).astype(np.float32)


def softened(counts: np.ndarray) -> np.ndarray:
    """(N, BINS) roots of blurred histograms of sum 1: their products are Bhattacharyya coefficients."""
    shape = (len(counts), CHROMA_BINS, CHROMA_BINS, BRIGHTNESS_BINS)
    sigma = (0, SOFTNESS, SOFTNESS, SOFTNESS)
    blurred = ndimage.gaussian_filter(counts.reshape(shape), sigma, mode="nearest", truncate=2.5)
    blurred = blurred.reshape(len(counts), BINS)
    return np.sqrt(blurred / np.maximum(blurred.sum(1, keepdims=True), 1e-9))
