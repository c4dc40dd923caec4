"""A folder of numbered pictures, with depth maps of the same names or without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from objpose.errors import InputError
from objpose.io.camera import read_camera
from objpose.io.companions import match_companions
from objpose.io.depth import read_depth
from objpose.io.frame_sources.shot import Shot, check_size
from objpose.io.images import read_image_size, read_view_image
from objpose.io.photos import list_photos

NUMBER = re.compile(r"\d+")


class PictureFrames:
    """The pictures of a folder in the order of their numbers: 2.png comes before 10.png.

    camera: one camera file for all. depth: the folder of their depth maps, matched by name; a picture without
    one is RGB alone. depth_scale: metres per stored unit, by default the camera file's. rate: frames a
    second. Where the last numbers of the names count up, and neighbours are among them, they count frames, so
    that a missing file is a time without a picture; else each file is the next frame.

    Raises:
        InputError: no such folder, no pictures, a camera file that does not fit the first of them, depth maps
            that might be of several.
    """

    is_live = False

    def __init__(
        self, folder: Path, camera: Path, depth: Path | None, depth_scale: float | None, rate: float
    ) -> None:
        self._folder = folder
        self._paths = sorted(list_photos(folder), key=natural_order)
        if not self._paths:
            cure = "give the folder that the pictures are in, a video, a bag or a BOP scene"
            raise InputError(folder, "no pictures", "numbered pictures", cure)
        self._camera, scale_of_file = read_camera(camera, read_image_size(self._paths[0]))
        self._scale = scale_of_file if depth_scale is None else depth_scale
        names = [path.relative_to(folder).as_posix() for path in self._paths]
        self._depths = {} if depth is None else match_companions(depth, names, "depth")
        self._numbers, self._rate = frame_numbers([path.stem for path in self._paths]), rate

    @property
    def count(self) -> int:
        return len(self._paths)

    def shots(self, start: int = 0, step: int = 1) -> Iterator[Shot]:
        camera = self._camera
        for index in range(start, len(self._paths), step):
            path = self._paths[index]
            name = path.relative_to(self._folder).as_posix()
            photo = read_view_image(path, (camera.width, camera.height))
            check_size(path, photo.size, camera)
            stored = self._depths.get(name)
            depth = None if stored is None else read_depth(stored, self._scale, photo)
            if stored is not None and depth is not None:
                check_size(stored, (depth.shape[1], depth.shape[0]), camera)
            yield Shot(index, name, self._numbers[index] / self._rate, photo.pixels, camera, depth)


def natural_order(path: Path) -> list[tuple[str, int]]:
    """A key that sorts names as people count: each part of text with the number after it."""
    parts = re.split(r"(\d+)", path.as_posix())
    return [(text, int(number)) for text, number in zip(parts[::2], [*parts[1::2], "-1"], strict=True)]


def frame_numbers(stems: Sequence[str]) -> list[int]:
    """The last number of each name, where these count frames; else 0, 1, 2, ..."""
    found = [NUMBER.findall(stem) for stem in stems]
    numbers = [int(parts[-1]) for parts in found if parts]
    steps = [after - before for before, after in zip(numbers, numbers[1:], strict=False)]
    if len(numbers) == len(stems) and steps and min(steps) == 1:
        return numbers
    return list(range(len(stems)))
