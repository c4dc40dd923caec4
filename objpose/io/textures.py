"""Pictures that are painted on meshes, in the kinds that exporters write, as 8-bit RGB."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from objpose.errors import InputError
from objpose.io.stored import PILLOW_FAILURES

KNOWN_STARTS = {b"\xabKTX 11": "a KTX texture", b"\xabKTX 20": "a KTX2 (Basis Universal) texture"}
CURE = "convert the texture to PNG or JPEG, and name that"


def read_texture(path: Path) -> np.ndarray:
    """The picture of a file as `decode_texture` gives it."""
    return decode_texture(path.read_bytes(), path)


def decode_texture(content: bytes, subject: object) -> np.ndarray:
    """(H, W, 3) uint8 RGB of an encoded picture, rows as stored: texture coordinates count in stored rows.

    Grey is repeated, 16 bits are scaled by their range, alpha is dropped.

    Raises:
        InputError: no picture that Pillow reads, or numbers that are no colours.
    """
    kind = KNOWN_STARTS.get(content[:7])
    if kind is not None:
        raise InputError(subject, kind, "a PNG or JPEG texture", CURE)
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            return texture_pixels(image, subject)
    except PILLOW_FAILURES as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).partition(" <")[0]  # without the address of the bytes
        raise InputError(
            subject, f"a picture that cannot be read ({reason})", "a PNG or JPEG texture", CURE
        ) from error


def texture_pixels(image: Image.Image, subject: object) -> np.ndarray:
    """(H, W, 3) uint8 RGB of a picture that Pillow has opened."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise InputError(subject, f"values to {values.max()}", "a 16-bit texture", CURE)
        return np.repeat(np.round(values / 257).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode == "F":
        raise InputError(subject, "a picture of floating-point numbers", "an 8-bit or 16-bit texture", CURE)
    return np.array(image.convert("RGB"))
