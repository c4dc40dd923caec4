"""Histograms of colour by what light changes least: hue first, saturation less, relative brightness.

A stronger or weaker light leaves hue and saturation; gloss, veiling light and a camera's tone curve wash
colours out but leave the hue. Brightness counts relative to the mean of the patch.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

HUE_BINS = 12  # along both axes of the disc of hue (angle) and root saturation (radius)
TONE_BINS, TONE_STEP = 9, 0.35  # of brightness, natural log units
DARKEST = 0.05  # added before the logarithm of brightness
LEAST_BRIGHT = 0.1  # added to the denominator of saturation: the hue of what is nearly black is noise
SOFTNESS = (0.0, 0.8, 0.8, 0.8)  # bins: standard deviation by which histograms are blurred
BINS = HUE_BINS * HUE_BINS * TONE_BINS


def hue_and_tone(rgb: Tensor) -> Tensor:
    """(*, 3) of colours (*, 3) in [0, 1]: a vector of hue and root saturation, and the log brightness."""
    red, green, blue = rgb.unbind(-1)
    hue = torch.atan2(3**0.5 / 2 * (green - blue), red - (green + blue) / 2)
    brightest = rgb.amax(-1)
    radius = ((brightest - rgb.amin(-1)) / (brightest + LEAST_BRIGHT)).sqrt()
    return torch.stack([radius * hue.cos(), radius * hue.sin(), (rgb + DARKEST).log().mean(-1)], dim=-1)


def color_bins(rgb: Tensor) -> np.ndarray:
    """(*,) bin of colours (*, 3) in [0, 1]."""
    across, along, tone = hue_and_tone(rgb).unbind(-1)
    across, along = (((x + 1) / 2 * HUE_BINS).long().clamp(0, HUE_BINS - 1) for x in (across, along))
    tone = (-tone / TONE_STEP).long().clamp(0, TONE_BINS - 1)
    return ((across * HUE_BINS + along) * TONE_BINS + tone).numpy()


def histograms(bins: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """(count, BINS) float32 numbers of pixels of each owner (N,) in each bin (N,)."""
    flat = np.bincount(owner.astype(np.int64) * BINS + bins, minlength=count * BINS)
    return flat.reshape(count, BINS).astype(np.float32)


def softened(counts: np.ndarray) -> np.ndarray:
    """(N, BINS) roots of blurred histograms of sum 1: their products are Bhattacharyya coefficients.

    counts: (N, BINS). Mean brightness is taken out.
    """
    boxes = _centred(counts.reshape(-1, HUE_BINS * HUE_BINS, TONE_BINS)).reshape(-1, BINS)
    soft = blurred(boxes)
    return np.sqrt(soft / np.maximum(soft.sum(1, keepdims=True), 1e-9))


def blurred(counts: np.ndarray) -> np.ndarray:
    """The histograms (N, BINS) blurred along hue, saturation and tone."""
    boxes = counts.reshape(-1, HUE_BINS, HUE_BINS, TONE_BINS)
    return ndimage.gaussian_filter(boxes, SOFTNESS, mode="constant", truncate=2.5).reshape(-1, BINS)


def _centred(boxes: np.ndarray) -> np.ndarray:
    """The histograms (N, C, T) moved along T so that their mean tone comes to the middle."""
    tones = np.arange(TONE_BINS)
    total = np.maximum(boxes.sum((1, 2)), 1e-9)
    mean = np.rint((boxes.sum(1) * tones).sum(1) / total).astype(int)
    source = tones + mean[:, None] - TONE_BINS // 2
    moved = np.take_along_axis(boxes, np.clip(source, 0, TONE_BINS - 1)[:, None, :], axis=2)
    return moved * ((source >= 0) & (source < TONE_BINS))[:, None, :]
