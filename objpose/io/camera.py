"""The camera of one image, from the file of any program that calibrates or drives cameras."""

from __future__ import annotations

import os
from pathlib import Path

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io.camera_files.depth_unit import read_depth_scale
from objpose.io.camera_files.entry import camera_of, numbers_of, unchecked_camera
from objpose.io.camera_files.intrinsics import FORMS
from objpose.io.camera_files.members import Members
from objpose.io.camera_files.numbers import read_K
from objpose.io.camera_files.several import Found, find_cameras, of_size, only_one
from objpose.io.camera_files.tree import read_tree
from objpose.io.colmap import camera_from_colmap, read_colmap_cameras
from objpose.io.colmap_records import ColmapCamera
from objpose.io.json_file import JsonValue, describe
from objpose.io.transforms import parse_transforms

__all__ = ["read_camera", "read_depth_scale"]


def read_camera(
    path: str | os.PathLike, size: tuple[int, int] | None = None, checked: bool = True
) -> tuple[Camera, float | None]:
    """Read a camera and, where the file has one, its depth unit.

    JSON, YAML, OpenCV's XML, text of K alone, npy and npz, as they are written for or by BOP, ROS, OpenCV,
    RealSense, Azure Kinect, Open3D, MegaPose, Kalibr, nerfstudio and this package; docs/input.md lists them.
    `depth_scale` is BOP's: stored unit to millimetres.

    Args:
        size: width and height of the image that the camera took, for files that do not say them.
        checked: refuse a K that cannot belong to an image of this size; where not, K is given as it is.

    Returns:
        The camera, and the metres per stored depth unit (None when the file does not say).

    Raises:
        InputError: missing file, no camera, several that differ, values that are no camera, a lens that is
            not among ours, no size; or members that nothing here knows,
            as they may change what the camera sees.
    """
    path = Path(path)
    if path.name in ("cameras.txt", "cameras.bin"):
        cameras = read_colmap_cameras(path)
        return _only({f"camera {number}": (camera, None) for number, camera in cameras.items()}, path)
    content = read_tree(path)
    if isinstance(content.value, list) and content.value and not isinstance(content.value[0], dict):
        if size is None:
            cure = "give the camera as JSON with 'width' and 'height'"
            raise InputError(path, "K without an image size", "the size of the image too", cure)
        return (Camera.from_K if checked else unchecked_camera)(read_K(content), *size), None
    if "frames" in content:
        photos = parse_transforms(content, lambda _: size)
        if not photos:
            raise InputError(path, "no frames", "one or more", "export the file again")
        return _only({name: (photo.camera, None) for name, photo in photos.items()}, path)
    if "params" in content:
        return _of_colmap(content), None
    found = find_cameras(content)
    if not found:
        raise InputError(path, _described(content), FORMS, "write one of the two forms")
    kept = of_size(found, size)
    if len(kept) == 1:
        return camera_of(kept[0][0], size, kept[0][1], checked=checked)
    return _only_camera(kept, size, path)


def _described(content: JsonValue) -> str:
    if isinstance(content.value, dict):
        return f"members {', '.join(list(content.value)[:8]) or 'none'}"
    return f"the text {content.value[:40]!r}" if isinstance(content.value, str) else describe(content.value)


def _only_camera(found: list[Found], size: tuple[int, int] | None, path: Path) -> tuple[Camera, float | None]:
    """Of several objects that say the same camera; what one alone is refused for tells it from the others."""
    cameras, refusals = {}, {}
    for value, beside in found:
        try:
            cameras[value.key_path] = camera_of(value, size, beside)
        except InputError as error:
            refusals[value.key_path] = error
    if refusals and not cameras:
        only_one({name: error.found for name, error in refusals.items()}, path)
        raise next(iter(refusals.values()))
    if refusals:
        only_one({**dict.fromkeys(cameras), **refusals}, path)
    return _only(cameras, path)


def _of_colmap(content: JsonValue) -> Camera:
    """`{"model", "width", "height", "params"}` of COLMAP, hloc and PoseLib."""
    members = Members(content)
    model, width, height, params = (content[name] for name in ("model", "width", "height", "params"))
    members.take("model", "width", "height", "params")
    members.end()
    numbers = tuple(params.numbers(len(params.items())))
    camera = ColmapCamera(model.text().upper(), width.integer(), height.integer(), numbers)
    return camera_from_colmap(camera, content.file)


def _only(found: dict[str, tuple[Camera, float | None]], path: Path) -> tuple[Camera, float | None]:
    only_one({name: (*numbers_of(camera), unit) for name, (camera, unit) in found.items()}, path)
    return next(iter(found.values()))
