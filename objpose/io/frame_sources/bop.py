"""A scene folder of a BOP set as a video: its images are frames of one, numbered as they were taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from objpose.errors import InputError
from objpose.io.bop_scene import BopScene, known_depth_scale
from objpose.io.depth import read_depth
from objpose.io.frame_sources.shot import Shot, check_size
from objpose.io.images import read_image_size, read_view_image


class BopFrames:
    """The images of a scene such as `test/000001`, each with its own K, and with depth where the set has it.

    rate: frames a second; image ids count frames.

    Raises:
        InputError: scene_camera.json is missing, malformed or empty.
    """

    is_live = False

    def __init__(self, folder: Path, rate: float) -> None:
        self._scene = BopScene(folder)
        self._ids, self._rate = sorted(self._scene.cameras), rate
        if not self._ids:
            raise InputError(folder / "scene_camera.json", "no images", "one or more", "fetch the set again")

    @property
    def count(self) -> int:
        return len(self._ids)

    def shots(self, start: int = 0, step: int = 1) -> Iterator[Shot]:
        for index in range(start, len(self._ids), step):
            yield self._shot(index, self._ids[index])

    def _shot(self, index: int, im_id: int) -> Shot:
        scene = self._scene
        path = scene.find_picture("rgb", im_id) or scene.find_picture("gray", im_id)
        path = path or scene.picture("rgb", im_id)
        camera = scene.image_camera(im_id, read_image_size(path, upright=False))
        photo = read_view_image(path, (camera.width, camera.height))
        depth = None
        if (scene.folder / "depth").is_dir():
            stored = scene.picture("depth", im_id)
            depth = read_depth(stored, known_depth_scale(scene.camera(im_id), scene.folder.parent.parent))
            check_size(stored, (depth.shape[1], depth.shape[0]), camera)
        return Shot(index, f"{im_id:06d}", im_id / self._rate, photo.pixels, camera, depth)
