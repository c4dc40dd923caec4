"""What ROS's camera_info says beside K and D: the rectified image, binning and regions of interest.

K and D are those of the raw image, P is that of the rectified one (sensor_msgs/CameraInfo, REP 104); one
message goes with both images, and only who took the picture knows which it is.
"""

from __future__ import annotations

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.camera_files.members import Members
from objpose.io.camera_files.numbers import read_numbers
from objpose.io.json_file import JsonValue

RECTIFICATION = ("r", "rectification_matrix", "rotation")
PROJECTION = ("p", "projection_matrix", "projection")
BINNING = ("binning_x", "binning_y")
RECTIFIED = ("rectified", "is_rectified", "undistorted", "is_undistorted")


def take_ros(members: Members, K: np.ndarray, size: tuple[int, int], has_lens: bool) -> None:
    """Check what else a camera_info says.

    Warns where the rectified image has another camera than the one that is read.

    Raises:
        InputError: what changes the raw image's K.
    """
    for member in members.take(*BINNING):
        if member.integer() > 1:
            cure = "calibrate at the size of the image, or scale K and leave the binning out"
            raise InputError(_place(member), member.integer(), "0 or 1: K is that of the whole sensor", cure)
    for member in members.take("roi"):
        _check_region(member, size)
    _check_uncalibrated(members, K)
    R, P = members.one(*RECTIFICATION), members.one(*PROJECTION)
    _check_rectified(members, has_lens)
    if P is not None and not _is_renderers(P):
        _compare_rectified(P, None if R is None else _shaped(R, 3), K, has_lens)


def _check_region(region: JsonValue, size: tuple[int, int]) -> None:
    sides = {"width": size[0], "height": size[1]}
    for name, member in region.members():
        if name == "do_rectify":
            continue
        if member.integer() not in (0, sides.get(name, 0)):
            found = f"{name} {member.integer()}"
            cure = "give the camera of the image as it is: its size, and K shifted by the offset"
            raise InputError(_place(member), found, "no region of interest", cure)


def _check_uncalibrated(members: Members, K: np.ndarray) -> None:
    if not K.any():
        raise InputError(
            members.place, "a K of zeros: not calibrated", "focal lengths", "calibrate the camera"
        )


def _check_rectified(members: Members, has_lens: bool) -> None:
    for member in members.take(*RECTIFIED):
        if not isinstance(member.value, bool):
            raise InputError(_place(member), member.value, "true or false", "correct the file")
        if member.value and has_lens:
            cure = "take the coefficients out if the image is rectified, else say false"
            raise InputError(_place(member), "true beside a distortion", "one of them", cure)


def _compare_rectified(P: JsonValue, R: np.ndarray | None, K: np.ndarray, has_lens: bool) -> None:
    projection = _shaped(P, 4)
    if not projection.any():  # not filled in
        return
    is_turned = R is not None and R.any() and not np.allclose(R, np.eye(3), atol=1e-6)
    is_other = not np.allclose(projection[:, :3], K, rtol=1e-6, atol=1e-6)
    if projection[:2, 3].any():
        found = f"an offset of {projection[0, 3]:g}: this is the other camera of a stereo pair"
        cure = "move the pose to the first camera if that is what you want"
        warn_input(_place(P), found, "none; the pose is relative to the camera that took the picture", cure)
    if has_lens or is_turned or is_other:
        found = "a rectified image with another camera than the raw one"
        expected = "the raw image, as K and the distortion are its"
        cure = "for a rectified image give K = the first three columns of P, and no distortion"
        warn_input(_place(P), found, expected, cure)


def _is_renderers(P: JsonValue) -> bool:
    """A 4 x 4 projection to clip space, as OpenGL and ARKit have it: no other image than K's."""
    numbers = read_numbers(P)
    return len(numbers) == 16 and numbers[12:] != [0.0, 0.0, 0.0, 1.0]


def _shaped(value: JsonValue, columns: int) -> np.ndarray:
    numbers = read_numbers(value)
    if columns == 4 and numbers[12:] == [0.0, 0.0, 0.0, 1.0]:
        numbers = numbers[:12]
    if len(numbers) != 3 * columns:
        raise InputError(_place(value), f"{len(numbers)} numbers", f"3 x {columns}", "correct the file")
    return np.reshape(numbers, (3, columns))


def _place(member: JsonValue) -> str:
    return f"{member.file}: {member.key_path}"
