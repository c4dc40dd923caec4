"""Where a mask lies when the camera's lens is taken away, as crops are pinhole pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops.mask import mask_box
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import Camera, resized_pixels

WIDEST = 5.67  # tangent of 80 degrees: further out a pinhole's image is stretched 30 times


def pinhole_box(frame: Frame, mask: Tensor) -> tuple[Tensor, Tensor]:
    """(2,) first and (2,) last column and row of the mask (H, W), in pixels of the camera without its lens.

    Raises:
        InputError: a mask most of which lies where the lens sees nothing, or too far off its axis to be
            straightened.
    """
    if frame.camera.lens is None:
        return mask_box(mask)
    pixels = mask.nonzero().flip(-1).float()
    rays = frame.camera.unproject(pixels, torch.ones(len(pixels)))
    rays = rays[rays[:, :2].norm(dim=-1) < WIDEST]  # NaN is not
    if 2 * len(rays) < len(pixels):
        share = len(rays) / len(pixels)
        found = f"{share:.0%} of its pixels where the camera's lens sees less than 80 degrees off its axis"
        cure = "check K and the distortion, or turn the camera to the object"
        raise InputError("mask", found, "most of them", cure)
    pixels = frame.camera.pinhole.project(rays)
    return pixels.amin(0), pixels.amax(0)


def less_stretched(pinhole: Camera, mask: Tensor, low: Tensor, high: Tensor) -> tuple[Camera, Tensor, Tensor]:
    """Pinhole and box at a scale that gives the box no more than about twice the mask's own size in pixels.

    Far from the axis of a wide lens a pinhole's image grows without bound.
    """
    first, last = mask_box(mask)
    side = int((last - first).max()) + 1
    scale = 2 * side / max(float((high - low).max()) + 1, 2 * side)
    small = pinhole.resize(*(max(1, round(scale * length)) for length in (pinhole.width, pinhole.height)))
    factor = torch.tensor([small.width / pinhole.width, small.height / pinhole.height])
    return small, resized_pixels(low, factor), resized_pixels(high, factor)
