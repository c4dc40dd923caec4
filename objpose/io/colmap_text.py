"""COLMAP's text files, strictly: every complaint names the file and the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import numpy as np

from objpose.errors import InputError
from objpose.io.colmap_records import CAMERA_MODELS, NO_POINT, ColmapCamera, ColmapImage, ColmapPoints

T = TypeVar("T")


class _Line:
    """The words of one line."""

    def __init__(self, path: Path, number: int, text: str) -> None:
        self.path, self.number, self.text = path, number, text
        self.words = text.split()

    def convert(self, kind: Callable[[str], T], first: int, last: int | None = None) -> list[T]:
        words = self.words[first:last]
        if last is not None and len(words) != last - first:
            self.refuse(f"{len(self.words)} words", f"at least {last}")
        try:
            return [kind(word) for word in words]
        except ValueError:
            self.refuse(" ".join(words[:8]), f"numbers ({kind.__name__})")

    def refuse(self, found: str, expected: str) -> NoReturn:
        raise InputError(f"{self.path}: line {self.number}", found, expected, "correct or remake the file")


def read_cameras(path: Path) -> dict[int, ColmapCamera]:
    """cameras.txt: number, model, width, height, parameters."""
    counts, cameras = dict(CAMERA_MODELS.values()), {}
    for line in _lines(path):
        if not line.words:
            continue
        [number], [width, height] = line.convert(int, 0, 1), line.convert(int, 2, 4)
        model = line.words[1]
        if model not in counts or len(line.words) != 4 + counts[model]:
            line.refuse(f"{model} with {len(line.words) - 4} parameters", f"one of {counts}")
        cameras[number] = ColmapCamera(model, width, height, tuple(line.convert(float, 4)))
    return cameras


def read_images(path: Path) -> list[ColmapImage]:
    """images.txt: two lines an image, the second with its observations, which may be empty."""
    lines, images = _lines(path), []
    for line in lines:
        if not line.words:
            continue
        motion, [camera] = line.convert(float, 1, 8), line.convert(int, 8, 9)
        if len(line.words) < 10:
            line.refuse(f"{len(line.words)} words", "at least 10, the last a file name")
        name = line.text.strip().split(maxsplit=9)[9]
        seen = next(lines, None) or line.refuse("the end of the file", "a line of observations")
        if len(seen.words) % 3:
            seen.refuse(f"{len(seen.words)} words", "x, y, point number for each observation")
        values = np.array(seen.convert(float, 0)).reshape(-1, 3)
        points = [NO_POINT if number < 0 else number for number in _point_numbers(seen)]
        images.append(ColmapImage(np.array(motion), camera, name, values[:, :2], np.array(points, np.uint64)))
    return images


def read_points(path: Path) -> ColmapPoints:
    """points3D.txt: number, x, y, z, r, g, b, error, track; the tracks are left out."""
    rows = [line for line in _lines(path) if line.words]
    numbers = [line.convert(int, 0, 1)[0] for line in rows]
    xyz = [line.convert(float, 1, 4) for line in rows]
    rgb = [line.convert(int, 4, 7) for line in rows]
    for line, colour in zip(rows, rgb, strict=True):
        if not all(0 <= value <= 255 for value in colour):
            line.refuse(f"a colour {colour}", "three numbers from 0 to 255")
    return ColmapPoints(
        np.array(numbers, np.uint64),
        np.array(xyz, float).reshape(-1, 3),
        np.array(rgb, np.uint8).reshape(-1, 3),
    )


def _point_numbers(line: _Line) -> list[int]:
    try:
        return [int(word) for word in line.words[2::3]]
    except ValueError:
        line.refuse(" ".join(line.words[2:12:3]), "numbers of points")


def _lines(path: Path) -> Iterator[_Line]:
    """All lines but comments; empty ones count, as an image without observations has one."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            path, "bytes that are not text", "a text file of COLMAP", "check the file"
        ) from error
    return iter(
        [
            _Line(path, number, line)
            for number, line in enumerate(text.splitlines(), 1)
            if not line.startswith("#")
        ]
    )
