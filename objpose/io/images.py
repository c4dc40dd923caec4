"""Colour pictures on disk: one reader for every command, upright as EXIF asks.

Intrinsics belong to certain pixels: `read_view_image` keeps the stored ones where the camera is of those.
Depth maps are read by `depth`, masks by `masks`.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from objpose.errors import InputError, warn_input
from objpose.io.atomic import atomic_path
from objpose.io.orientation import UPRIGHT, Orientation
from objpose.io.stored import Stored, opened_picture, read_stored, read_stored_size
from objpose.io.tones import as_rgb, eight_bits

PICTURE = "a picture (PNG, JPEG, TIFF, ...)"


@dataclass(frozen=True, eq=False)
class ViewImage:
    """A picture of a camera, and how it was held."""

    pixels: np.ndarray  # (H, W, 3) uint8 RGB
    orientation: Orientation  # that its file asks for
    as_stored: bool  # True where it was not turned upright, because its camera is of the stored pixels
    focal_px: float | None  # by EXIF's 35 mm equivalent; None where the file has none

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def is_turned(self) -> bool:
        """Whether the pixels are others than those that programs see which know no EXIF."""
        return self.orientation.value != UPRIGHT and not self.as_stored

    def beside(self, array: np.ndarray, own: Orientation, name: object) -> np.ndarray:
        """A mask or a depth map (H, W) of this picture in its turn; where only sizes tell, they decide.

        own: the orientation of the array's own file. Warns of what was turned by its size, and of a size
        that does not tell.
        """
        turn = self.orientation.stored if self.as_stored else self.orientation.upright
        if own.value != UPRIGHT:
            return array if self.as_stored else own.upright(array)
        if self.orientation.value == UPRIGHT:
            return array
        fits, turned = array.shape[:2] == self.pixels.shape[:2], turn(array)
        expected = f"pixels of the photo {'as stored' if self.as_stored else 'upright'} ({self.orientation})"
        if not fits and turned.shape[:2] == self.pixels.shape[:2]:
            found = f"{array.shape[1]} x {array.shape[0]}, a size with width and height swapped"
            warn_input(name, found, expected, "turned along with the photo")
            return turned
        if fits and turned.shape == array.shape:
            warn_input(name, "a size that fits either turn of its photo", expected, "used as it is")
        return array


def read_image(path: str | os.PathLike, upright: bool = True) -> np.ndarray:
    """Read a picture as (H, W, 3) uint8 RGB; grey is repeated.

    16-bit values are scaled by their range, which is warned of where it is a guess; float values must lie in
    [0, 1]. Transparency is dropped with a warning.

    Args:
        path: whatever Pillow reads, HEIC where pillow-heif is installed, or an array in .npy.
        upright: turn the picture as its EXIF orientation asks; False for pixels as stored (textures).

    Raises:
        InputError: missing, unreadable or cut-off file, several pages or frames, or values that are no
            colours, as those of a depth map.
    """
    stored = read_stored(path, PICTURE)
    pixels = _colors(path, stored)
    return stored.orientation.upright(pixels) if upright else pixels


def read_view_image(path: str | os.PathLike, size: tuple[int, int] | None = None) -> ViewImage:
    """Read a picture that belongs to a camera of `size` (width, height), None where it is not known.

    Upright as EXIF asks, unless the size is that of the stored pixels alone: a camera calibrated on these
    keeps them, and poses are in its frame. That is warned of, and so is a size that does not tell.

    Raises:
        InputError: as `read_image`.
    """
    return _view_image(path, read_stored(path, PICTURE), size)


def opened_view_image(picture: Image.Image, name: str, size: tuple[int, int] | None = None) -> ViewImage:
    """The same of a picture that Pillow has opened or made; `name` is what messages call it."""
    return _view_image(name, opened_picture(picture, name, PICTURE), size)


def _view_image(path: str | os.PathLike, stored: Stored, size: tuple[int, int] | None) -> ViewImage:
    as_stored = _is_of_stored(path, stored, size)
    pixels = _colors(path, stored)
    if not as_stored:
        pixels = stored.orientation.upright(pixels)
    focal = None if stored.focal_35mm is None else stored.focal_35mm / 36.0 * max(pixels.shape[:2])
    return ViewImage(pixels, stored.orientation, as_stored, focal)


def read_image_size(path: str | os.PathLike, upright: bool = True) -> tuple[int, int]:
    """(width, height) of a picture in pixels, from its header alone.

    Raises:
        InputError: missing or unreadable file.
    """
    (width, height), orientation = read_stored_size(path)
    return (height, width) if upright and orientation.swaps_sides else (width, height)


def write_image(path: str | os.PathLike, array: np.ndarray) -> None:
    """Write a picture, whole or not at all; the suffix decides the format.

    Args:
        path: e.g. `overlay.png`.
        array: uint8 (H, W, 3) colour, uint8 (H, W) grey, bool (H, W) mask, or uint16 (H, W) depth.

    Raises:
        InputError: another type or shape.
    """
    array = np.asarray(array)
    array = array.astype(np.uint8) * 255 if array.dtype == bool else array
    is_color = array.dtype == np.uint8 and array.ndim == 3 and array.shape[-1] == 3
    is_grey = array.dtype in (np.uint8, np.uint16) and array.ndim == 2
    if not (is_color or is_grey):
        raise InputError(
            path,
            f"an array {array.dtype} {array.shape}",
            "uint8 (H, W, 3), uint8, bool or uint16 (H, W)",
            "convert it",
        )
    with atomic_path(path) as temporary:
        temporary.write_bytes(_encoded(Path(path), array))


def _encoded(path: Path, array: np.ndarray) -> bytes:
    """The content of the file; in memory, because Pillow takes a disk that is full for one that is not."""
    content = io.BytesIO()
    try:
        Image.init()
        Image.fromarray(array).save(content, Image.EXTENSION[path.suffix.lower()])
    except (KeyError, ValueError, OSError) as error:
        found = f"the suffix {path.suffix!r}" if isinstance(error, KeyError) else error
        raise InputError(path, found, "a picture format that holds the array", "use .png") from error
    return content.getvalue()


def _is_of_stored(path: str | os.PathLike, stored: Stored, size: tuple[int, int] | None) -> bool:
    """Whether a camera of that size is one of the stored pixels; said where there is a turn."""
    turn, (height, width) = stored.orientation, stored.values.shape[:2]
    if turn.value == UPRIGHT or size is None:
        return False
    if tuple(size) != (width, height):
        return False
    if turn.swaps_sides and width != height:
        warn_input(
            path,
            f"{turn}, and a camera of {width} x {height}, the size of the pixels as stored",
            f"one of the upright {height} x {width}",
            "left as stored: poses are in the frame of that camera, which is not upright",
        )
        return True
    warn_input(
        path,
        f"{turn}, and a camera whose size fits the picture upright and as stored",
        "a camera of the upright picture",
        "turned upright; take the orientation out of the file if K is of the pixels as stored",
    )
    return False


def _colors(path: str | os.PathLike, stored: Stored) -> np.ndarray:
    """(H, W, 3) uint8 in the turn of the file."""
    values, alpha = stored.colors_and_alpha()
    if alpha is not None:
        _say_transparent(Path(path), alpha)
    return as_rgb(eight_bits(path, values))


def _say_transparent(path: Path, alpha: np.ndarray) -> None:
    opaque = 1.0 if alpha.dtype.kind == "f" else np.iinfo(alpha.dtype).max
    if not alpha.any():
        raise InputError(path, "a wholly transparent picture", "a picture", "save it without transparency")
    share = float((alpha < opaque).mean())
    if share:
        warn_input(
            path,
            f"{share:.1%} transparent pixels",
            "an opaque picture",
            "the colours beneath are used; save it on a background if they are not meant, and give what is "
            "cut out as a mask",
        )
