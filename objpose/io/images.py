"""Images, depth maps and masks on disk.

Pixels come back as they are stored. An EXIF orientation is NOT applied: intrinsics are those of the stored
pixels, and turning the picture behind the caller's back would leave K describing another image.
"""

import os
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from objpose.errors import InputError
from objpose.io.atomic import atomic_path
from objpose.io.json_file import describe_failure

# What Pillow raises on damaged files: SyntaxError for broken PNG chunks, struct.error, EOFError and
# ValueError for short or absurd headers, OSError for the rest. A bomb is a picture far too large for a photo.
PILLOW_FAILURES = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
COLOR_MODES = ("RGB", "RGBA", "RGBX", "L", "LA", "P", "1")
DEPTH_MODES = ("I;16", "I;16B", "I;16L", "I", "F")


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read a colour or grey 8-bit picture as (H, W, 3) uint8 RGB; grey is repeated, alpha dropped.

    Raises:
        InputError: missing, unreadable or cut-off file, or more than 8 bits a channel.
    """
    image = _open(path, "a picture (PNG, JPEG, TIFF, ...)")
    if image.mode not in COLOR_MODES:
        raise InputError(
            path,
            f"pixels of kind {image.mode}",
            "8-bit RGB or grey",
            "convert it; depth maps go to `read_depth`",
        )
    return np.array(image.convert("RGB"))


def read_image_size(path: str | os.PathLike) -> tuple[int, int]:
    """(width, height) of a picture in pixels, from its header alone.

    Raises:
        InputError: missing or unreadable file.
    """
    try:
        with Image.open(path) as image:
            return image.size
    except PILLOW_FAILURES as error:
        raise _unreadable(path, error, "a picture") from error


def read_depth(path: str | os.PathLike, scale_m: float) -> np.ndarray:
    """Read a depth map as (H, W) float32 z-depth in metres, 0 = missing.

    Args:
        path: 16-bit PNG or TIFF, float TIFF, or a two-dimensional .npy array.
        scale_m: metres per stored unit, e.g. 0.001 for millimetres.

    Raises:
        InputError: missing or unreadable file, 8-bit or colour picture, NaN or negative values, bad scale.
    """
    if not (np.isfinite(scale_m) and scale_m > 0):
        raise InputError(
            "depth scale", scale_m, "metres per stored unit, above 0", "use 0.001 for millimetres"
        )
    stored = _read_npy(Path(path)) if Path(path).suffix == ".npy" else _read_depth_picture(path)
    depth = stored.astype(np.float64) * scale_m
    wrong = ~np.isfinite(depth) | (depth < 0)
    if wrong.any():
        raise InputError(
            path,
            f"{int(wrong.sum())} values that are negative or not finite",
            "depth >= 0",
            "write missing depth as 0",
        )
    return depth.astype(np.float32)


def read_mask(path: str | os.PathLike) -> np.ndarray:
    """Read a mask as (H, W) bool: True where the picture is above half of its largest value.

    So 0/1, 0/255, soft-edged and JPEG masks all read as meant; an all-zero picture is an empty mask.

    Raises:
        InputError: missing or unreadable file.
    """
    image = _open(path, "a mask picture (PNG)")
    values = np.array(image.convert("L") if image.mode in ("RGB", "RGBA", "LA", "P", "1") else image)
    return values > values.max() / 2


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
        try:
            Image.fromarray(array).save(temporary)
        except (ValueError, OSError) as error:
            raise InputError(path, f"{error}", "a picture format that holds the array", "use .png") from error


def _open(path: str | os.PathLike, expected: str) -> Image.Image:
    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image.load()
            return image
    except PILLOW_FAILURES as error:
        raise _unreadable(path, error, expected) from error


def _unreadable(path: str | os.PathLike, error: Exception, expected: str) -> InputError:
    found = "a file that is no picture" if isinstance(error, Image.UnidentifiedImageError) else None
    found = found or describe_failure(Path(path), error)
    return InputError(path, found, expected, "check the name, or make or fetch the file again")


def _read_depth_picture(path: str | os.PathLike) -> np.ndarray:
    image = _open(path, "a depth map (16-bit PNG)")
    if image.mode not in DEPTH_MODES:
        raise InputError(
            path,
            f"an 8-bit picture ({image.mode})",
            "a depth map: 16-bit PNG or TIFF",
            "check that it is no colour image",
        )
    return np.array(image)


def _read_npy(path: Path) -> np.ndarray:
    try:
        stored = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            path, describe_failure(path, error), "a .npy array", "write it with numpy.save"
        ) from error
    if not isinstance(stored, np.ndarray) or stored.ndim != 2 or stored.dtype.kind not in "fui":
        found = f"{getattr(stored, 'dtype', type(stored).__name__)} {getattr(stored, 'shape', '')}"
        raise InputError(path, found, "a two-dimensional array of numbers", "save the depth map alone")
    return stored
