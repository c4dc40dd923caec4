"""COLMAP's binary files, strictly: a file cut off anywhere is refused by name and place.

COLMAP's own reader ends the process over some such files.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NoReturn

import numpy as np

from objpose.errors import InputError
from objpose.io.colmap_records import CAMERA_MODELS, ColmapCamera, ColmapImage, ColmapPoints

OBSERVATION = np.dtype([("pixel", "<f8", 2), ("point", "<u8")])
TRACK_ELEMENT = np.dtype([("image", "<u4"), ("observation", "<u4")])
LONGEST_NAME = 4096  # bytes


class _Cursor:
    """Reads a file from front to back."""

    def __init__(self, path: Path) -> None:
        self.path, self.data, self.at = path, path.read_bytes(), 0

    def take(self, layout: str) -> tuple:
        size = struct.calcsize("<" + layout)
        return struct.unpack("<" + layout, self._bytes(size))

    def array(self, dtype: np.dtype, count: int) -> np.ndarray:
        return np.frombuffer(self._bytes(dtype.itemsize * count), dtype)

    def text(self) -> str:
        end = self.data.find(b"\0", self.at, self.at + LONGEST_NAME)
        if end < 0:
            self.refuse("a name without an end", "a file name ended by a zero byte")
        raw, self.at = self.data[self.at : end], end + 1
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.refuse("bytes that are not text", "a file name")

    def end(self) -> None:
        if self.at != len(self.data):
            self.refuse(f"{len(self.data) - self.at} bytes too many", "the end of the file")

    def refuse(self, found: str, expected: str) -> NoReturn:
        cure = "the file may be cut off: make or fetch it again"
        raise InputError(f"{self.path}: byte {self.at}", found, expected, cure)

    def _bytes(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            self.refuse(f"{len(self.data) - self.at} bytes left", f"{size} bytes")
        self.at += size
        return self.data[self.at - size : self.at]


def read_cameras(path: Path) -> dict[int, ColmapCamera]:
    """cameras.bin."""
    cursor, cameras = _Cursor(path), {}
    for _ in range(cursor.take("Q")[0]):
        number, model, width, height = cursor.take("IiQQ")
        if model not in CAMERA_MODELS:
            cursor.refuse(f"camera model {model}", f"one of 0 to {max(CAMERA_MODELS)}")
        name, count = CAMERA_MODELS[model]
        cameras[number] = ColmapCamera(name, width, height, cursor.take("d" * count))
    cursor.end()
    return cameras


def read_images(path: Path) -> list[ColmapImage]:
    """images.bin."""
    cursor, images = _Cursor(path), []
    for _ in range(cursor.take("Q")[0]):
        _, *motion, camera = cursor.take("I7dI")
        name = cursor.text()
        seen = cursor.array(OBSERVATION, cursor.take("Q")[0])
        images.append(ColmapImage(np.array(motion), camera, name, seen["pixel"], seen["point"]))
    cursor.end()
    return images


def read_points(path: Path) -> ColmapPoints:
    """points3D.bin; the tracks are left out, as the images hold them too."""
    cursor = _Cursor(path)
    numbers, xyz, rgb = [], [], []
    for _ in range(cursor.take("Q")[0]):
        number, *position, red, green, blue, _ = cursor.take("Q3d3Bd")
        cursor.array(TRACK_ELEMENT, cursor.take("Q")[0])
        numbers.append(number)
        xyz.append(position)
        rgb.append((red, green, blue))
    cursor.end()
    return ColmapPoints(
        np.array(numbers, np.uint64),
        np.array(xyz, float).reshape(-1, 3),
        np.array(rgb, np.uint8).reshape(-1, 3),
    )
