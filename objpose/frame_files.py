"""A frame of the files that users have: a picture, its camera, and depth where there is some."""

from __future__ import annotations

from pathlib import Path

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.io import ViewImage, read_camera, read_depth, read_view_image
from objpose.io.images import read_image_size


def read_frame(
    rgb: Path, camera: Path, depth: Path | None = None, depth_scale: float | None = None
) -> tuple[Frame, ViewImage]:
    """The frame, and the picture as it was turned, by which masks of it are to be read.

    depth_scale: metres per stored unit; None: the camera file's, else what the kind of depth file tells.

    Raises:
        InputError: a file that is missing, unreadable or does not fit the others; a scale of no depth.
    """
    if depth is None and depth_scale is not None:
        raise InputError("--depth-scale", depth_scale, "a depth image with it", "give --depth too")
    intrinsics, scale_of_file = read_camera(camera, read_image_size(rgb))
    scale = depth_scale if depth_scale is not None else scale_of_file
    photo = read_view_image(rgb, (intrinsics.width, intrinsics.height))
    measured = None if depth is None else read_depth(depth, scale, photo)
    return Frame(photo.pixels, intrinsics, measured), photo
