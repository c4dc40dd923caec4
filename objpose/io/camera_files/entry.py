"""One camera from the members of one object."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from objpose.geometry import Camera
from objpose.io.camera_files.angles import take_angles
from objpose.io.camera_files.depth_unit import take_depth_unit
from objpose.io.camera_files.intrinsics import take_K, take_size
from objpose.io.camera_files.lens import take_lens
from objpose.io.camera_files.members import Members
from objpose.io.camera_files.ros import take_ros
from objpose.io.json_file import JsonValue


def camera_of(
    value: JsonValue,
    size: tuple[int, int] | None = None,
    beside: Sequence[JsonValue] = (),
    known: Sequence[str] = (),
    checked: bool = True,
) -> tuple[Camera, float | None]:
    """The camera of one object of a file, and its metres per stored depth unit.

    size: width and height of the image, for objects that do not say them; beside: members of the objects
    around it; known: members that are read elsewhere; checked: as of `read_camera`.

    Raises:
        InputError: as `read_camera`.
    """
    members = Members(value, beside)
    members.take(*known)
    distortion, fisheye = take_lens(members)
    K = take_K(members)
    width, height = take_size(members, size, K)
    take_ros(members, K, (width, height), distortion is not None)
    take_angles(members, K, (width, height), distortion is not None)
    depth_unit = take_depth_unit(members)
    members.end()
    make = Camera.from_K if checked else unchecked_camera
    return make(K, width, height, distortion, fisheye), depth_unit


def unchecked_camera(
    K: np.ndarray,
    width: int,
    height: int,
    distortion: tuple[float, ...] | None = None,
    fisheye: bool = False,
) -> Camera:
    """A camera whose K may be that of another image: for those who ask which."""
    return Camera(torch.as_tensor(K, dtype=torch.float64), width, height, distortion, fisheye)


def numbers_of(camera: Camera) -> tuple:
    """All that tells cameras apart."""
    return camera.K.tolist(), camera.width, camera.height, camera.distortion, camera.fisheye
