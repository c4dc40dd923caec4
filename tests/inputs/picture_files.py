"""Picture files that no library writes in one line: 16-bit colours as PNG and TIFF, photos held in hand."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from objpose.io.orientation import Orientation

PNG_KIND = {1: 0, 2: 4, 3: 2, 4: 6}  # PNG's colour type by the number of channels


def write_png16(path: Path, values: np.ndarray) -> Path:
    """Write (H, W, C) uint16 as a 16-bit PNG: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, PNG_KIND[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks))
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def write_tiff16(path: Path, values: np.ndarray, order: str = "<", packed: bool = False) -> Path:
    """Write (H, W, 3 or 4) uint16 as a TIFF of one strip, little ("<") or big endian, perhaps deflated."""
    height, width, channels = values.shape
    content = values.astype(f"{order}u2").tobytes()
    content = zlib.compress(content) if packed else content
    tags = [
        (256, width), (257, height), (258, None), (259, 8 if packed else 1), (262, 2), (273, None),
        (277, channels), (278, height), (279, len(content)), *([(338, 2)] if channels == 4 else []),
    ]  # fmt: skip
    bits_at = 8 + 2 + 12 * len(tags) + 4
    places = {258: bits_at, 273: bits_at + 2 * channels}
    entries = b"".join(_tag(order, tag, value, places, channels) for tag, value in tags)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    bits = struct.pack(f"{order}{channels}H", *[16] * channels)
    head += struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0)
    path.write_bytes(head + bits + content)
    return path


def _tag(order: str, tag: int, value: int | None, places: dict[int, int], channels: int) -> bytes:
    if tag == 258:
        return struct.pack(f"{order}HHII", tag, 3, channels, places[tag])
    return struct.pack(f"{order}HHII", tag, 4, 1, places[tag] if value is None else value)


def write_turned(path: Path, upright: np.ndarray, orientation: int) -> Path:
    """A photo that EXIF turns to `upright`: PNG, so that pixels stay as they are."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(Orientation(orientation).stored(upright)).save(path, exif=exif)
    return path
