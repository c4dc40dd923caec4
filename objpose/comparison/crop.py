"""The part of a frame around a mask, as a small pinhole image of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import Camera, depth_to_points

NEAR = 0.02  # metres: nothing nearer to the camera is drawn
MARGIN = 0.2  # of the mask's longer side, added on every side: silhouettes are judged from outside

WIDEST = 5.67  # tangent of 80 degrees: further out a pinhole's image is stretched 30 times
SPECK = 0.1  # of the largest connected part: an occluder may split a mask, specks are far smaller


@dataclass(frozen=True, eq=False)
class Crop:
    """A square view around one object. Pixel centres at integers; no lens distortion is left in it."""

    rgb: Tensor  # (S, S, 3) float32 in [0, 1]
    depth: Tensor  # (S, S) metres, 0 = missing; nothing but 0 for a frame without
    mask: Tensor  # (S, S) bool
    inside: Tensor  # (S, S) bool: pixels that the frame covers
    camera: Camera

    @property
    def size(self) -> int:
        return self.camera.width

    @property
    def K(self) -> Tensor:
        return self.camera.K.float()

    def points(self) -> Tensor:
        """(S, S, 3) metres, camera frame."""
        return depth_to_points(self.depth, self.camera)

    def smaller(self, size: int) -> Crop:
        """The crop at most `size` pixels wide: colour averaged, depth and mask picked."""
        if size >= self.size:
            return self
        return Crop(
            functional.interpolate(_planes(self.rgb), size=(size, size), mode="area")[0].permute(1, 2, 0),
            _picked(self.depth, size),
            _picked(self.mask.float(), size) > 0.5,
            _picked(self.inside.float(), size) > 0.5,
            self.camera.resize(size, size),
        )


def crop_frame(frame: Frame, mask: Tensor, size: int) -> Crop:
    """The square around the mask, at the frame's resolution or at `size` pixels, whichever is less.

    Raises InputError for a mask that lies where the frame's lens sees nothing in front of the camera.
    """
    low, high = pinhole_box(frame, mask)
    pinhole = frame.camera.pinhole
    if frame.camera.lens is not None:
        pinhole, low, high = _less_stretched(pinhole, mask, low, high)
    low, high = low.floor().long(), high.ceil().long()
    side = int((high - low).max()) + 1
    side += 2 * max(int(side * MARGIN), 4)
    left, top = ((low + high - side + 1) // 2).tolist()
    window = _window(frame, mask, pinhole.crop(left, top, side, side), left, top)
    return window.smaller(size)


def pinhole_box(frame: Frame, mask: Tensor) -> tuple[Tensor, Tensor]:
    """(2,) first and last column and row of the mask (H, W), in pixels of the camera without its lens.

    Raises InputError for a mask most of which lies where the lens sees nothing, or too far off its axis to be
    straightened.
    """
    pixels = mask.nonzero().flip(-1).float()
    if frame.camera.lens is not None:
        rays = frame.camera.unproject(pixels, torch.ones(len(pixels)))
        rays = rays[rays[:, :2].norm(dim=-1) < WIDEST]  # NaN is not
        if 2 * len(rays) < len(pixels):
            share = len(rays) / len(pixels)
            found = (
                f"{share:.0%} of its pixels where the camera's lens sees less than 80 degrees off its axis"
            )
            cure = "check K and the distortion, or turn the camera to the object"
            raise InputError("mask", found, "most of them", cure)
        pixels = frame.camera.pinhole.project(rays)
    return pixels.amin(0), pixels.amax(0)


def _less_stretched(
    pinhole: Camera, mask: Tensor, low: Tensor, high: Tensor
) -> tuple[Camera, Tensor, Tensor]:
    """Pinhole and box at a scale that gives the box no more than about twice the mask's own size in pixels.

    Far from the axis of a wide lens a pinhole's image grows without bound.
    """
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    side = int(torch.maximum(rows[-1] - rows[0], columns[-1] - columns[0])) + 1
    scale = 2 * side / max(float((high - low).max()) + 1, 2 * side)
    small = pinhole.resize(*(max(1, round(scale * length)) for length in (pinhole.width, pinhole.height)))
    factor = torch.tensor([small.width / pinhole.width, small.height / pinhole.height])
    return small, (low + 0.5) * factor - 0.5, (high + 0.5) * factor - 0.5


def main_part(mask: Tensor) -> Tensor:
    """The mask (H, W) without specks, which segmenters leave far off: they would stretch the crop."""
    labels, count = ndimage.label(mask.numpy())
    if count == 1:
        return mask
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    return torch.from_numpy((areas >= SPECK * areas.max())[labels])


def _window(frame: Frame, mask: Tensor, camera: Camera, left: int, top: int) -> Crop:
    """The window (left, top) of the camera's size, undistorted where the lens distorts."""
    column, row, inside = _source_pixels(frame, camera, left, top)
    rgb = frame.rgb[row, column].float() / 255
    depth = torch.zeros(inside.shape) if frame.depth is None else frame.depth[row, column] * inside
    return Crop(rgb * inside[..., None], depth, mask[row, column] & inside, inside, camera)


def _source_pixels(frame: Frame, camera: Camera, left: int, top: int) -> tuple[Tensor, Tensor, Tensor]:
    """(S, S) column and row of the frame's pixel for each window pixel, clamped; and if it is inside.

    The nearest pixel serves for all channels: depth must not be mixed, and colour is averaged later if at
    all.
    """
    if frame.camera.lens is None:
        row, column = torch.meshgrid(
            torch.arange(camera.height) + top, torch.arange(camera.width) + left, indexing="ij"
        )
    else:
        # Rays beyond the lens's reach have no pixel.
        pixels = frame.camera.project(camera.rays()).nan_to_num(-1.0).clamp(-1, max(frame.size))
        column, row = pixels.round().long().unbind(-1)
    height, width = frame.size
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return column.clamp(0, width - 1), row.clamp(0, height - 1), inside


def _planes(image: Tensor) -> Tensor:
    return image.permute(2, 0, 1)[None]


def _picked(image: Tensor, size: int) -> Tensor:
    return functional.interpolate(image[None, None], size=(size, size), mode="nearest-exact")[0, 0]
