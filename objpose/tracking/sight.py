"""A frame as the kernels take it: colours, depth and K of a camera without a lens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import Camera, bilinear, nearest_pixels


class Occluders(NamedTuple):
    """What else is known to stand in a frame."""

    depth: Tensor  # (h, w) metres, 0 = nothing
    K: Tensor  # (3, 3) float32 of that smaller picture


@dataclass(frozen=True, eq=False)
class Sight:
    """One frame of a pinhole camera."""

    rgb: Tensor  # (H, W, 3) uint8, contiguous
    depth: Tensor | None  # (H, W) float32 metres, 0 = missing
    K: Tensor  # (3, 3) float32
    occluders: Occluders | None = None  # of the object that is looked for


class Straightener:
    """Takes the lens out of frames; where a lens bends to is worked out once a camera."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] | None = None
        self._pixels: Tensor | None = None  # (H, W, 2) of the camera with its lens, for each without

    def sight(self, frame: Frame) -> Sight:
        K = frame.camera.K.float().contiguous()
        if frame.camera.lens is None:
            return Sight(frame.rgb.contiguous(), frame.depth, K)
        pixels = self._bent(frame.camera)
        rgb = bilinear(frame.rgb.permute(2, 0, 1)[None].float(), pixels[None])[0].permute(1, 2, 0)
        depth = None if frame.depth is None else _nearest(frame.depth, pixels)
        return Sight(rgb.round().to(torch.uint8).contiguous(), depth, K)

    def _bent(self, camera: Camera) -> Tensor:
        known = (camera.K.tolist(), camera.width, camera.height, camera.distortion, camera.fisheye)
        if self._pixels is None or known != self._of:
            self._of, self._pixels = known, camera.project(camera.pinhole.rays())
        return self._pixels


def _nearest(depth: Tensor, pixels: Tensor) -> Tensor:
    """Depth is not averaged: between an object and what is behind it nothing is."""
    column, row, inside = nearest_pixels(pixels, *depth.shape)
    return torch.where(inside, depth[row, column], 0.0)
