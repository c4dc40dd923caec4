"""Pictures that are painted on meshes, in the kinds that exporters write, as 8-bit RGB."""

from pathlib import Path

import numpy as np
from PIL import Image

from objpose.errors import InputError
from objpose.io.stored import Stored, opened_picture, read_stored
from objpose.io.tones import as_rgb, scaled

EXPECTED = "a PNG or JPEG texture"


def read_texture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB, rows as stored: texture coordinates count in stored rows.

    Grey is repeated, 16 bits are scaled by their range, alpha is dropped.

    Raises:
        InputError: no picture that is read, or numbers that are no colours.
    """
    return _colors(read_stored(path, EXPECTED), path)


def texture_pixels(image: Image.Image, subject: object) -> np.ndarray:
    """The same of a picture that Pillow has opened. Raises one of PILLOW_FAILURES where it is damaged."""
    return _colors(opened_picture(image, str(subject), EXPECTED), subject)


def _colors(stored: Stored, subject: object) -> np.ndarray:
    """Not by `eight_bits`: a dark texture is no sensor of fewer bits, nor a dark background missing depth."""
    values, _ = stored.colors_and_alpha()
    if values.dtype == np.uint8:
        return as_rgb(values)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65535:
        found, cure = (
            f"{values.dtype} values to {values.max():.6g}",
            "convert it to PNG or JPEG, and name that",
        )
        raise InputError(subject, found, "an 8-bit or 16-bit texture", cure)
    return as_rgb(scaled(values, 16))
