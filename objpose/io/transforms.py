"""transforms.json of nerfstudio and instant-ngp: world_from_cam with OpenGL camera axes, intrinsics a frame.

Their pixel centres lie at +0.5, as COLMAP's do, whose numbers these files were made to carry.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io.json_file import JsonValue, read_json, write_json
from objpose.io.photo_cameras import PhotoCamera, read_motion

PIXEL_CENTRE = 0.5
# OpenGL cameras look along -z with y up: half a turn about x from OpenCV's.
OPENCV_FROM_OPENGL = SE3(torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], dtype=torch.float64))
DISTORTION = ("k1", "k2", "p1", "p2", "k3")


def write_transforms(
    path: str | os.PathLike, photos: Iterable[PhotoCamera], points_file: str | None = None
) -> None:
    """Write the photos that are placed, as nerfstudio's `camera_model: OPENCV`.

    points_file: name of a PLY of sparse points beside the file, for splatting, or None.
    """
    content: dict = {"camera_model": "OPENCV"}
    if points_file is not None:
        content["ply_file_path"] = points_file
    content["frames"] = [_frame(photo) for photo in photos if photo.cam_from_world is not None]
    write_json(path, content)


def _frame(photo: PhotoCamera) -> dict:
    camera = photo.camera
    world_from_gl = photo.cam_from_world.to(torch.float64).inverse() @ OPENCV_FROM_OPENGL
    return {
        "file_path": photo.name,
        "w": camera.width,
        "h": camera.height,
        "fl_x": camera.fx,
        "fl_y": camera.fy,
        "cx": camera.cx + PIXEL_CENTRE,
        "cy": camera.cy + PIXEL_CENTRE,
        **dict(zip(DISTORTION, camera.distortion or (0.0,) * 4, strict=False)),
        "transform_matrix": world_from_gl.matrix().tolist(),
    }


def read_transforms(path: str | os.PathLike) -> dict[str, PhotoCamera]:
    """Read the frames; intrinsics may stand in the frame or at the top, focal lengths also as camera_angle_x.

    Raises:
        InputError: missing file or members, a camera model that is no pinhole, or matrices with a scale.
    """
    content = read_json(path)
    model = content["camera_model"].text() if "camera_model" in content else "OPENCV"
    if model not in ("OPENCV", "PINHOLE", "SIMPLE_PINHOLE"):
        expected = "OPENCV, PINHOLE or SIMPLE_PINHOLE"
        raise InputError(f"{content.file}: camera_model", model, expected, "undistort the images first")
    photos = [_read_frame(frame, content) for frame in content["frames"].items()]
    return {photo.name: photo for photo in photos}


def _read_frame(frame: JsonValue, content: JsonValue) -> PhotoCamera:
    def find(key: str) -> JsonValue | None:
        return next((holder[key] for holder in (frame, content) if key in holder), None)

    # A missing size is asked for by name.
    width, height = ((find(key) or content[key]).integer() for key in ("w", "h"))
    fx = _read_focal(find("fl_x"), find("camera_angle_x"), width, frame)
    fy = find("fl_y").number() if find("fl_y") else fx
    cx, cy = (
        find(key).number() - PIXEL_CENTRE if find(key) else (size - 1) / 2
        for key, size in (("cx", width), ("cy", height))
    )
    distortion = [find(key).number() if find(key) else 0.0 for key in DISTORTION]
    distortion = distortion if distortion[4] else distortion[:4]
    world_from_cam = read_motion(frame["transform_matrix"]) @ OPENCV_FROM_OPENGL.inverse()
    K = [[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]]
    return PhotoCamera(
        frame["file_path"].text(), Camera.from_K(K, width, height, distortion), world_from_cam.inverse()
    )


def _read_focal(fl_x: JsonValue | None, angle: JsonValue | None, width: int, frame: JsonValue) -> float:
    if fl_x is not None:
        return fl_x.number()
    if angle is None:
        where = f"{frame.file}: {frame.key_path}"
        raise InputError(where, "no focal length", "fl_x or camera_angle_x", "add fl_x in pixels")
    if not 0 < angle.number() < math.pi:
        raise InputError(
            f"{angle.file}: {angle.key_path}", angle.number(), "0 to pi", "give the angle in radians"
        )
    return 0.5 * width / math.tan(0.5 * angle.number())
