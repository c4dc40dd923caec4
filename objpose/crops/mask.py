"""What is asked of a mask: its main part, its box, and how far pixels lie from its border."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

SPECK = 0.1  # of the largest connected part: an occluder may split a mask, specks are far smaller
FAR = 3.0  # longer sides of its box: parts of one object lie nearer to each other
HALF = 0.5  # of the largest part: what is larger is no speck, wherever it lies


def main_part(mask: Tensor) -> Tensor:
    """The mask (H, W) without specks, which segmenters leave far off: they would stretch the crop.

    Of an object of few pixels a speck is no small part: it is one that lies far off.
    """
    if not bool(mask.any()):
        return mask
    (left, top), (right, bottom) = (corner.tolist() for corner in mask_box(mask))
    window = slice(top, bottom + 1), slice(left, right + 1)  # most of a frame is no mask
    labels, count = ndimage.label(mask[window].numpy())
    if count <= 1:
        return mask
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    largest, is_near = areas.max(), _away(labels, int(areas.argmax())) <= FAR
    kept = (areas >= SPECK * largest) & ((areas >= HALF * largest) | is_near)
    kept[0] = False
    main = torch.zeros_like(mask)
    main[window] = torch.from_numpy(kept[labels])
    return main


def _away(labels: np.ndarray, chosen: int) -> np.ndarray:
    """(n + 1,) how far the boxes of n labelled parts lie from that of the chosen, in its longer sides."""
    boxes = np.array([[(side.start, side.stop) for side in box] for box in ndimage.find_objects(labels)])
    low, high = boxes[chosen - 1].T
    gap = np.maximum(boxes[..., 0] - high, low - boxes[..., 1]).max(1)
    return np.concatenate([[np.inf], gap / (high - low).max()])


def mask_box(mask: Tensor) -> tuple[Tensor, Tensor]:
    """(2,) lowest and (2,) highest column and row of a mask (H, W) that is not empty."""
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    return torch.stack([columns[0], rows[0]]), torch.stack([columns[-1], rows[-1]])


def signed_distance(mask: Tensor) -> Tensor:
    """(H, W) pixels from the border of a mask (H, W), negative within it.

    The border runs between pixels: those beside it are half a pixel away, on either side.
    """
    within = mask.numpy()
    inner, outer = (ndimage.distance_transform_edt(side) for side in (within, ~within))
    return torch.from_numpy(np.where(within, 0.5 - inner, outer - 0.5))
