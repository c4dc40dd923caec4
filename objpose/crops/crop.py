"""The part of a frame around a mask, as a small pinhole image of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from objpose.crops.lens import less_stretched, pinhole_box
from objpose.frame import Frame
from objpose.geometry import HOST, Camera, depth_to_points, nearest_pixels, on_device

NEAR = 0.02  # metres: nothing nearer to the camera is drawn
MARGIN = 0.2  # of the mask's longer side, added on every side: silhouettes are judged from outside


@dataclass(frozen=True, eq=False)
class Crop:
    """A square view around one object. Pixel centres at integers; no lens distortion is left in it.

    It is made on the host, where borders are searched for and pixels listed; `to` sends it where it is
    compared with drawings.
    """

    rgb: Tensor  # (S, S, 3) float32 in [0, 1]
    depth: Tensor  # (S, S) metres, 0 = missing; nothing but 0 for a frame without
    mask: Tensor  # (S, S) bool
    inside: Tensor  # (S, S) bool: pixels that the frame covers
    camera: Camera
    covered: Tensor | None = None  # (S, S) bool: others' masks, which may hide the object; None: none known
    original: Crop | None = None  # on the host, what a crop on a device was sent from

    @property
    def size(self) -> int:
        return self.camera.width

    @property
    def K(self) -> Tensor:
        """(3, 3) pixels; on the host, as the camera."""
        return self.camera.K.float()

    @property
    def on_host(self) -> Crop:
        return self.original or self

    @property
    def device(self) -> torch.device:
        return self.rgb.device

    def to(self, device: torch.device) -> Crop:
        if device == HOST:
            return self.on_host
        return replace(on_device(self.on_host, device, staying=("camera",)), original=self.on_host)

    @property
    def unsure(self) -> Tensor:
        """(S, S) bool: pixels that may hide a part of the object: others' masks, and what the frame lacks."""
        return ~self.inside if self.covered is None else ~self.inside | self.covered

    def points(self) -> Tensor:
        """(S, S, 3) metres, camera frame."""
        return depth_to_points(self.depth, self.camera)

    def smaller(self, size: int) -> Crop:
        """The crop at most `size` pixels wide: colour averaged, depth and mask picked."""
        if size >= self.size:
            return self
        if self.original is not None:
            return self.original.smaller(size).to(self.device)
        return Crop(
            functional.interpolate(_planes(self.rgb), size=(size, size), mode="area")[0].permute(1, 2, 0),
            _picked(self.depth, size),
            _picked(self.mask.float(), size) > 0.5,
            _picked(self.inside.float(), size) > 0.5,
            self.camera.resize(size, size),
            None if self.covered is None else _picked(self.covered.float(), size) > 0.5,
        )


def crop_frame(frame: Frame, mask: Tensor, size: int, covered: Tensor | None = None) -> Crop:
    """The square around the mask, at the frame's resolution or at `size` pixels, whichever is less.

    covered: (H, W) bool, see Crop.

    Raises:
        InputError: a mask that lies where the frame's lens sees nothing in front of the camera.
    """
    low, high = pinhole_box(frame, mask)
    pinhole = frame.camera.pinhole
    if frame.camera.lens is not None:
        pinhole, low, high = less_stretched(pinhole, mask, low, high)
        low, high = low.floor().long(), high.ceil().long()
    side = int((high - low).max()) + 1
    side += 2 * max(int(side * MARGIN), 4)
    left, top = ((low + high - side + 1) // 2).tolist()
    window = _window(frame, mask, covered, pinhole.crop(left, top, side, side), left, top)
    return window.smaller(size)


def _window(frame: Frame, mask: Tensor, covered: Tensor | None, camera: Camera, left: int, top: int) -> Crop:
    """The window (left, top) of the camera's size, undistorted where the lens distorts."""
    column, row, inside = _source_pixels(frame, camera, left, top)
    rgb = frame.rgb[row, column].float() / 255
    depth = torch.zeros(inside.shape) if frame.depth is None else frame.depth[row, column] * inside
    owned = mask[row, column] & inside
    claimed = None if covered is None else covered[row, column] & inside & ~owned
    return Crop(rgb * inside[..., None], depth, owned, inside, camera, claimed)


def _source_pixels(frame: Frame, camera: Camera, left: int, top: int) -> tuple[Tensor, Tensor, Tensor]:
    """(S, S) column and row of the frame's pixel for each window pixel, clamped; and if it is inside.

    The nearest pixel serves for all channels: depth must not be mixed, and colour is averaged later if at
    all.
    """
    if frame.camera.lens is not None:
        return nearest_pixels(frame.camera.project(camera.rays()), *frame.size)
    rows, columns = torch.arange(camera.height) + top, torch.arange(camera.width) + left
    return nearest_pixels(torch.cartesian_prod(rows, columns).flip(-1).view(len(rows), -1, 2), *frame.size)


def _planes(image: Tensor) -> Tensor:
    return image.permute(2, 0, 1)[None]


def _picked(image: Tensor, size: int) -> Tensor:
    return functional.interpolate(image[None, None], size=(size, size), mode="nearest-exact")[0, 0]
