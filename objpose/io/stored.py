"""A picture file as it is stored: every pixel with all of its bits. What cannot be taken whole is refused.

Pillow opens the files. It keeps the high byte of 16-bit colours; told the other byte order, its own unpackers
give the low one.
"""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from objpose.errors import InputError, warn_input
from objpose.io.json_file import describe_failure
from objpose.io.orientation import EXIF_TAG, Orientation
from objpose.io.picture_kinds import refuse_unread
from objpose.io.stored_arrays import ARRAY_SUFFIXES, read_array

# What Pillow raises on damaged files: SyntaxError for broken PNG chunks, struct.error, EOFError and
# ValueError for short or absurd headers, OSError for the rest. A bomb is a picture far too large for a photo.
PILLOW_FAILURES = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, OverflowError, IndexError, KeyError, TypeError,
    Image.DecompressionBombError, MemoryError,
)  # fmt: skip
OTHER_ORDER = {"B": "L", "L": "B", "N": "B"}
SIXTEEN_BIT_GREY = ("I;16", "I;16B", "I;16L", "I;16N")
CONVERTED = {"1": "L", "RGBX": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "La": "LA", "RGBa": "RGBA", "PA": "RGBA"}
# Bytes of pixels in a byte of the file, at most: as they are, and by deflate, whose limit that is.
MOST_EXPANSION = {"raw": 1, "zip": 1032}
EXIF_IFD, FOCAL_LENGTH_35MM = 0x8769, 0xA405
IS_REDUCED = 0xFE  # TIFF's NewSubfileType: bit 0 marks a smaller copy of another page


@dataclass(frozen=True, eq=False)
class Stored:
    """A decoded file.

    values: (H, W), or (H, W, C) with C 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha), as stored.
    palette: (n, 3) uint8 colours, where the values are indices. orientation: EXIF's, not applied.
    focal_35mm: EXIF's equivalent focal length in mm, or None. is_array: a .npy or .npz file.
    """

    values: np.ndarray
    palette: np.ndarray | None = None
    orientation: Orientation = Orientation()
    focal_35mm: float | None = None
    is_array: bool = False

    def colors_and_alpha(self) -> tuple[np.ndarray, np.ndarray | None]:
        """(H, W) greys or (H, W, 3) RGB, the palette looked up, and (H, W) alpha where there is some."""
        values = self.values if self.palette is None else self.palette[self.values]
        if values.ndim == 2 or values.shape[-1] == 3:
            return values, None
        return (values[..., 0] if values.shape[-1] == 2 else values[..., :3]), values[..., -1]


def read_stored(path: str | os.PathLike, expected: str) -> Stored:
    """Read a picture, or an array of .npy and .npz; `expected` says what for.

    Raises:
        InputError: missing, damaged or cut-off file, several pages or frames, or a kind that is not read.
    """
    path = Path(path)
    if path.suffix.lower() in ARRAY_SUFFIXES:
        return Stored(read_array(path, expected), is_array=True)
    refuse_unread(path, expected)
    try:
        with _opened(path) as image:
            _refuse_several(path, image, expected)
            _refuse_impossible(path, image, expected)
            full = _sixteen_bit_colors(path, image)  # before the metadata, for which Pillow may load all
            orientation, focal = _orientation(image), _focal_35mm(image)
            values, palette = (full, None) if full is not None else _pixels(path, image, expected)
            values, mode = _unturned(values, image, orientation), image.mode
    except InputError:
        raise
    except PILLOW_FAILURES as error:
        raise _unreadable(path, error, expected) from error
    if mode == "CMYK":
        warn_input(path, "CMYK colours", "RGB", "converted without a colour profile; save it as RGB")
    return Stored(values, palette, orientation, focal)


def opened_picture(picture: Image.Image, name: str, expected: str) -> Stored:
    """The same of a picture that Pillow has opened or made; `name` is what messages call it."""
    orientation, focal = _orientation(picture), _focal_35mm(picture)
    values, palette = _pixels(name, picture, expected)
    return Stored(_unturned(values, picture, orientation), palette, orientation, focal)


def read_stored_size(path: str | os.PathLike) -> tuple[tuple[int, int], Orientation]:
    """(width, height) of the stored pixels and EXIF's orientation, from the header alone.

    Raises:
        InputError: missing or unreadable file.
    """
    path = Path(path)
    if path.suffix.lower() in ARRAY_SUFFIXES:
        array = read_array(path, "a picture")
        return (array.shape[1], array.shape[0]), Orientation()
    refuse_unread(path, "a picture")
    try:
        with _opened(path) as image:
            turn = _orientation(image)
            is_turned = image.format == "TIFF" and turn.swaps_sides  # by Pillow
            return image.size[::-1] if is_turned else image.size, turn
    except PILLOW_FAILURES as error:
        raise _unreadable(path, error, "a picture") from error


@contextmanager
def _opened(path: Path) -> Iterator[ImageFile]:
    """Without Pillow's own warnings, of large pictures and odd metadata.

    Given a path, it would map plain TIFFs into memory, and garble those with a quarter turn.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with path.open("rb") as file, Image.open(file) as image:
            yield image


def _pixels(path: Path | str, image: Image.Image, expected: str) -> tuple[np.ndarray, np.ndarray | None]:
    mode = image.mode
    if mode in SIXTEEN_BIT_GREY or mode in ("I", "F"):
        kind = {"I": np.int32, "F": np.float32}.get(mode, np.uint16)
        return np.array(image).astype(kind), None
    if mode == "P" and "transparency" not in image.info:
        image.load()
        return np.array(image), np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    image.load()
    if mode not in ("L", "LA", "RGB", "RGBA"):
        converted = "RGBA" if mode == "P" else CONVERTED.get(mode)
        if converted is None:
            raise InputError(path, f"pixels of kind {mode}", expected, "save it as RGB or grey")
        image = image.convert(converted)
    return np.array(image), None


def _unturned(values: np.ndarray, image: Image.Image, orientation: Orientation) -> np.ndarray:
    """Pixels as stored: TIFFs alone Pillow turns as it loads them, by the orientation that they had."""
    return orientation.stored(values) if image.format == "TIFF" else values


def _sixteen_bit_colors(path: Path, image: ImageFile) -> np.ndarray | None:
    """(H, W, C) uint16 of 16-bit colours, or of grey with alpha; None for everything else."""
    codes = {tile.args if isinstance(tile.args, str) else (tile.args or ("",))[0] for tile in image.tile}
    code = codes.pop() if len(codes) == 1 else None
    if image.mode not in ("RGB", "RGBA", "RGBX") or not isinstance(code, str) or ";16" not in code:
        return None
    if code.startswith("RGBa"):
        cure = "save it without alpha, or as 8-bit"
        raise InputError(path, "16-bit colours multiplied by alpha", "plain 16-bit colours", cure)
    if code == "LA;16B":  # four bytes a pixel, which Pillow calls RGBA where it is told so
        return np.ascontiguousarray(_unpacked(path, "RGBA")).view(">u2").astype(np.uint16)
    low = _unpacked(path, code[:-1] + OTHER_ORDER[code[-1]])
    full = (_unpacked(path, code).astype(np.uint16) << 8) | low
    return full[..., :3] if image.mode == "RGBX" else full


def _unpacked(path: Path, code: str) -> np.ndarray:
    """(H, W, C) uint8 of the file, its samples unpacked as Pillow does those of another raw mode."""
    with _opened(path) as image:
        image.tile = [
            tile._replace(args=code if isinstance(tile.args, str) else (code, *(tile.args or ())[1:]))
            for tile in image.tile
        ]
        return np.array(image)


def _refuse_several(path: Path, image: Image.Image, expected: str) -> None:
    """A phone's JPEG with a preview inside (MPO) is one picture, and so is a TIFF with smaller copies."""
    count = getattr(image, "n_frames", 1)
    if count == 1 or image.format == "MPO":
        return
    if image.format == "TIFF":
        kinds = []
        for page in range(count):
            image.seek(page)
            kinds.append(int(cast(Any, image).tag_v2.get(IS_REDUCED, 0)) & 1)
        image.seek(0)
        if all(kinds[1:]):
            return
    what = "pages" if image.format == "TIFF" else "frames"
    raise InputError(
        path, f"{count} {what} in one {image.format} file", f"{expected}, one picture a file",
        f"save the {what[:-1]} that is meant as a PNG",
    )  # fmt: skip


def _refuse_impossible(path: Path, image: ImageFile, expected: str) -> None:
    """A header that claims more pixels than the file can hold, before memory is taken for them."""
    codecs = {tile.codec_name for tile in image.tile}
    most = MOST_EXPANSION.get(codecs.pop()) if len(codecs) == 1 else None
    size, (width, height) = path.stat().st_size, image.size
    if most is not None and width * height > 8 * most * size:  # a pixel is a bit or more
        found = f"{width} x {height} pixels in a file of {size} bytes"
        cure = "the file is cut off or its header damaged: make or fetch it again"
        raise InputError(path, found, expected, cure)


def _orientation(image: Image.Image) -> Orientation:
    value = image.getexif().get(EXIF_TAG, 1)
    return Orientation(value if value in range(1, 9) else 1)


def _focal_35mm(image: Image.Image) -> float | None:
    """EXIF's 35 mm equivalent; 0, which cameras write for "unknown", and nonsense count as none."""
    value = image.getexif().get_ifd(EXIF_IFD).get(FOCAL_LENGTH_35MM)
    try:
        focal = float(cast(Any, value))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return focal if 5.0 < focal < 2000.0 else None


def _unreadable(path: Path, error: Exception, expected: str) -> InputError:
    found = "a file that is no picture" if isinstance(error, UnidentifiedImageError) else None
    found = found or describe_failure(path, error)
    return InputError(path, found, expected, "check the name, or make or fetch the file again")
