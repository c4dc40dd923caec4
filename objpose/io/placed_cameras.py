"""The cameras of photos from whatever file holds them."""

from __future__ import annotations

import os
from pathlib import Path

from objpose.io.colmap import read_colmap
from objpose.io.json_file import read_json
from objpose.io.photo_cameras import PhotoCamera, read_photo_cameras
from objpose.io.transforms import read_transforms


def read_placed_cameras(path: str | os.PathLike) -> dict[str, PhotoCamera]:
    """By the names in the file: a folder is a COLMAP model, JSON with "frames" a transforms.json, other JSON
    a cameras.json.

    Raises:
        InputError: as of `read_colmap`, `read_transforms` and `read_photo_cameras`.
    """
    if Path(path).is_dir():
        return {photo.name: photo for photo in read_colmap(path)[0]}
    if "frames" in read_json(path):
        return read_transforms(path)
    return read_photo_cameras(path)
