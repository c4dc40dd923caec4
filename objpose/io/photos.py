"""Photos as people take them: turned upright, with the focal length that the camera noted."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from objpose.errors import InputError
from objpose.io.images import PILLOW_FAILURES

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
EXIF_IFD = 0x8769
FOCAL_LENGTH_35MM = 0xA405
FILM_WIDTH_MM = 36.0


def list_photos(folder: str | os.PathLike) -> list[Path]:
    """The pictures of a folder by name, those in its subfolders left out.

    Raises:
        InputError: no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(folder, "no such folder", "a folder of photos", "check the name")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)


def read_photo(path: str | os.PathLike) -> tuple[np.ndarray, float | None]:
    """Read a photo as (H, W, 3) uint8 RGB, upright as its EXIF orientation asks.

    Returns:
        The pixels, and the focal length in pixels by EXIF's 35 mm equivalent, None where the file has none.

    Raises:
        InputError: missing, unreadable or cut-off file.
    """
    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            focal_mm = _focal_35mm(image)
            pixels = np.array(ImageOps.exif_transpose(image).convert("RGB"))
    except PILLOW_FAILURES as error:
        found = f"a file that cannot be read as a picture ({error})"
        raise InputError(path, found, "a photo", "check the name, or fetch the file again") from error
    focal = None if focal_mm is None else focal_mm / FILM_WIDTH_MM * max(pixels.shape[:2])
    return pixels, focal


def _focal_35mm(image: Image.Image) -> float | None:
    """EXIF's 35 mm equivalent; 0, which cameras write for "unknown", and nonsense count as none."""
    value = image.getexif().get_ifd(EXIF_IFD).get(FOCAL_LENGTH_35MM)
    try:
        focal = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return focal if 5.0 < focal < 2000.0 else None
