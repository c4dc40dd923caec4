"""A segmenter's mask, its border moved to where the colours change."""

from __future__ import annotations

import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from objpose.crops.mask import mask_box, signed_distance
from objpose.raster.drawn.light import appearance_channels

BAND = 0.06  # of the root of the mask's area: how far off its border may be
BEYOND = 4.0  # bands: background farther from the border than this is not looked at
WORK_SIZE = 112  # pixels: masks are worked on at about this size
COLOR_SIGMA = 0.3  # of the channels of `appearance_channels`
PLACE_SIGMA = 0.15  # of the window's side: colours are compared with what is near
SAMPLES = 800  # pixels that each side is known by
PRIOR = 0.8  # of the log odds that the given border sets against the colours, a band away from it
SURE = 4.0  # log odds beyond the band
LEAST = 20  # pixels for sure on either side, below which there is nothing to learn from


def snapped_mask(rgb: Tensor, mask: Tensor, covered: Tensor | None = None) -> Tensor:
    """The mask (H, W) of an image (H, W, 3) uint8 with its border on the colour edges nearby.

    Pixels within a band about the border go to the side whose pixels, a little farther in or out, are more
    like them in colour and place: a kernel density estimate for either side, smoothed. What lies beyond the
    band keeps its side; a mask with too little on either side is returned as it is.

    covered: (H, W) bool, pixels of other masks: they stay outside, and their colours say nothing of what is.
    """
    top, left, height, width = _window(mask)
    part, colors = mask[top : top + height, left : left + width], rgb[top : top + height, left : left + width]
    step = max(1, round(max(height, width) / WORK_SIZE))
    rows, columns = _middles(height, step), _middles(width, step)
    others = torch.zeros_like(part)
    if covered is not None:
        others = covered[top : top + height, left : left + width] & ~part
    odds = _log_odds(*(image[rows][:, columns] for image in (colors, part, others)))
    if odds is None:
        return mask
    fine = functional.interpolate(odds[None, None], scale_factor=step, mode="bilinear")[0, 0]
    snapped = torch.zeros_like(mask)
    snapped[top : top + height, left : left + width] = fine[:height, :width] > 0
    return snapped


def _window(mask: Tensor) -> tuple[int, int, int, int]:
    """Top, left, height and width of the part of the image that the border may concern."""
    (left, top), (right, bottom) = (corner.tolist() for corner in mask_box(mask))
    margin = int(BAND * (1 + BEYOND) * float(mask.sum()) ** 0.5) + 2
    top, left = max(top - margin, 0), max(left - margin, 0)
    bottom, right = min(bottom + margin + 1, mask.shape[0]), min(right + margin + 1, mask.shape[1])
    return top, left, bottom - top, right - left


def _middles(size: int, step: int) -> Tensor:
    """The pixels in the middle of blocks of `step` along a side of `size`, of which the last may be cut."""
    return (torch.arange(0, size, step) + (step - 1) // 2).clamp(max=size - 1)


def _log_odds(rgb: Tensor, mask: Tensor, covered: Tensor) -> Tensor | None:
    """(H, W) log odds of belonging to the object, or None where one side has too few sure pixels."""
    distance = signed_distance(mask)
    band = max(BAND * float(mask.sum()) ** 0.5, 1.0)
    flat = distance.float().flatten()
    within = (flat < -band).nonzero()[:, 0]
    open_ = ~covered.flatten()
    without = ((flat > band) & (flat < BEYOND * band) & open_).nonzero()[:, 0]
    if len(within) < LEAST or len(without) < LEAST:
        return None
    near = ((flat.abs() <= band) & open_).nonzero()[:, 0]
    features = _colors_and_places(rgb)
    odds = torch.where(flat < 0, SURE, -SURE)
    ratio = _density(features, near, within).log() - _density(features, near, without).log()
    odds[near] = ratio.clamp(-SURE, SURE)
    smooth = torch.from_numpy(ndimage.gaussian_filter(odds.view(mask.shape).numpy(), 1.0))
    smooth = (smooth - PRIOR * distance / band).float()
    return torch.where(distance.abs() <= band, smooth, torch.where(mask, SURE, -SURE))


def _colors_and_places(rgb: Tensor) -> Tensor:
    """(H * W, 5) colour and place, in units of their sigmas."""
    height, width = rgb.shape[:2]
    row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([row, column], dim=-1) / (PLACE_SIGMA * max(height, width))
    return torch.cat([appearance_channels(rgb.float() / 255) / COLOR_SIGMA, places], dim=-1).flatten(0, 1)


def _density(features: Tensor, where: Tensor, samples: Tensor) -> Tensor:
    """(len(where),) Gaussian kernel density of the samples' features at those of `where`."""
    every = max(1, len(samples) // SAMPLES)
    near, known = features[where], features[samples[::every]]
    half = near.square().sum(1) / 2, known.square().sum(1) / 2
    # A product of matrices, and the rest in place: torch.cdist, for its root, takes three times as long.
    exponent = torch.addmm(half[0][:, None], near, known.mT, beta=-1).sub_(half[1])
    return exponent.clamp_(max=0).exp_().mean(1) + 1e-4
