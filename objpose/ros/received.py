"""What messages of sensor_msgs show, as a Frame; depth in millimetres (16UC1) or metres (32FC1), REP 118."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.io.frame_sources.ros_messages import camera_of_info, colours, depth_metres, encoding_of, is_depth
from objpose.robots.messages import Message

ROS = Path("ROS")  # what stands for the file in messages of errors


def frame_of(image: Any, info: Any, depth: Any = None, is_rectified: bool = False) -> Frame:
    """From an Image or CompressedImage, the CameraInfo of it, and depth registered to it.

    is_rectified: the picture has had its lens taken out: P of the info holds, not K and D.

    Raises:
        InputError: encodings that are not known, an info that is not calibrated, depth that is none.
    """
    if depth is not None and not is_depth(depth):
        found = f"encoding {encoding_of(depth) or 'not told'}"
        raise InputError("depth", found, "16UC1 or 32FC1", "remap depth to the depth registered to the image")
    camera = camera_of_info(info, ROS, "camera_info", is_rectified)
    metres = None if depth is None else depth_metres(depth, "depth")
    return Frame(colours(image, "image"), camera, metres)


def header_of_message(message: Any) -> Message:
    """Its stamp, to the nanosecond, and its frame."""
    stamp = message.header.stamp
    return {"stamp": {"sec": stamp.sec, "nanosec": stamp.nanosec}, "frame_id": message.header.frame_id}
