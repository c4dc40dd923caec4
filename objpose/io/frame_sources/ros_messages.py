"""Pictures, depth and cameras in messages of ROS 1 and 2 (sensor_msgs), as arrays.

Depth is millimetres in 16UC1 and metres in 32FC1 (REP 118). Compressed depth has a head of twelve bytes
before its PNG; of floats the inverse depth is stored, scaled by two numbers of the head
(compressed_depth_image_transport).
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io.camera_files.entry import camera_of
from objpose.io.depth import INFINITY, MILLIMETRES
from objpose.io.images import opened_view_image
from objpose.io.json_file import JsonValue
from objpose.io.stored import PILLOW_FAILURES

IMAGES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
# Channels in a pixel, and which of them are red, green and blue.
COLOURS = {
    "rgb8": (3, [0, 1, 2]), "bgr8": (3, [2, 1, 0]), "rgba8": (4, [0, 1, 2]), "bgra8": (4, [2, 1, 0]),
    "mono8": (1, [0, 0, 0]), "8UC1": (1, [0, 0, 0]),
}  # fmt: skip
GREYS = ("mono8", "8UC1")
DEPTHS: dict[str, np.dtype[Any]] = {"16UC1": np.dtype(np.uint16), "32FC1": np.dtype(np.float32)}
HEAD = struct.Struct("<iff")  # of compressed depth: its format, and two numbers of the inverse depth's scale
PLAIN_D = 1e-12  # coefficients below which there is no lens: drivers fill in zeros


def encoding_of(message: Any) -> str:
    """How the pixels of an Image or a CompressedImage are stored: `rgb8`, `16UC1`, ...; empty if not told."""
    if hasattr(message, "encoding"):
        return message.encoding
    return message.format.split(";")[0].strip() if ";" in message.format else ""


def is_depth(message: Any) -> bool:
    """Whether it holds depth, by its encoding."""
    return encoding_of(message) in DEPTHS


def stamp(message: Any) -> float | None:
    """Seconds at which it was taken; None where the driver left that out."""
    time = message.header.stamp
    return (time.sec + 1e-9 * time.nanosec) or None


def colours(message: Any, topic: str) -> np.ndarray:
    """(H, W, 3) uint8 RGB.

    Raises:
        InputError: an encoding that is not known, too few bytes, a damaged picture.
    """
    if not hasattr(message, "encoding"):
        return opened_view_image(_picture(bytes(message.data), topic), topic).pixels
    if message.encoding not in COLOURS:
        cure = "record a topic of colours, as image_proc or the driver publishes them (image_color)"
        raise InputError(topic, f"encoding {message.encoding}", ", ".join(COLOURS), cure)
    channels, order = COLOURS[message.encoding]
    pixels = _pixels(message, np.dtype(np.uint8), channels, topic)
    return np.ascontiguousarray(pixels[..., order])


def depth_metres(message: Any, topic: str) -> np.ndarray:
    """(H, W) float32 metres, 0 = missing; of negative values and those that are no numbers, too.

    Raises:
        InputError: too few bytes, a damaged picture, a compression that is not read.
    """
    encoding = encoding_of(message)
    if hasattr(message, "encoding"):
        values = _pixels(message, DEPTHS[encoding], 1, topic)[..., 0]
    else:
        values = _decompressed(message, encoding, topic)
    if values.dtype == np.uint16:
        return values * np.float32(MILLIMETRES)
    return np.where((values > 0) & (values < INFINITY), values, 0).astype(np.float32)


def camera_of_info(info: Any, file: Path, topic: str, is_rectified: bool) -> Camera:
    """The camera that a CameraInfo tells of the raw image, or of the rectified one.

    Raises:
        InputError: not calibrated, a lens that is not among ours, binning or a region of interest.
    """
    name = (lambda one: one) if hasattr(info, "k") else str.upper
    K, D, R, P = (np.asarray(getattr(info, name(one))).tolist() for one in "kdrp")
    said: dict[str, object] = {"width": int(info.width), "height": int(info.height), "K": K}
    if is_rectified:
        said["K"] = np.reshape(P, (3, 4))[:, :3].ravel().tolist()
    else:
        said |= {"binning_x": int(info.binning_x), "binning_y": int(info.binning_y), "R": R, "P": P}
        region = {side: int(getattr(info.roi, side)) for side in ("x_offset", "y_offset", "width", "height")}
        said["roi"] = region | {"do_rectify": bool(info.roi.do_rectify)}
        if np.abs(D).max(initial=0) > PLAIN_D:
            said |= {"distortion_model": info.distortion_model, "D": D}
    return camera_of(JsonValue(said, file, topic), (info.width, info.height))[0]


def _pixels(message: Any, kind: np.dtype, channels: int, topic: str) -> np.ndarray:
    """(H, W, channels) of an Image, whose rows may be padded."""
    height, width, row = message.height, message.width, message.step
    needed = width * channels * kind.itemsize
    data = np.asarray(message.data, np.uint8)
    if row < needed or len(data) < height * row:
        found = f"{len(data)} bytes, {row} a row, for {width} x {height} of {message.encoding}"
        raise InputError(topic, found, f"{needed} bytes a row", "record the topic again")
    packed = np.ascontiguousarray(data[: height * row].reshape(height, row)[:, :needed])
    stored = kind.newbyteorder(">" if message.is_bigendian else "<")
    values = packed.view(stored).reshape(height, width, channels)
    return values.astype(kind, copy=False)


def _picture(data: bytes, topic: str) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data))
        picture.load()
    except PILLOW_FAILURES as error:
        cure = "record the topic again, as JPEG, PNG or raw"
        raise InputError(topic, f"{error}", "a JPEG or PNG", cure) from error
    return picture


def _decompressed(message: Any, encoding: str, topic: str) -> np.ndarray:
    """(H, W) as the camera gave it: uint16, or float32 metres."""
    data, how = bytes(message.data), message.format.split(";")[1]
    if "rvl" in how.lower():
        cure = "republish it as raw or as PNG (compressedDepth's parameter `format`), and record that"
        raise InputError(topic, "depth compressed by RVL", "raw or PNG", cure)
    if "compressedDepth" not in how:
        return np.asarray(_picture(data, topic), np.uint16)
    if len(data) < HEAD.size:
        raise InputError(topic, f"{len(data)} bytes", "compressed depth", "record the topic again")
    _, scale, offset = HEAD.unpack(data[: HEAD.size])
    stored = np.asarray(_picture(data[HEAD.size :], topic), np.uint16)
    if encoding == "16UC1":
        return stored
    inverse = stored.astype(np.float32) - offset
    return np.where((stored > 0) & (inverse > 0), scale / np.where(inverse > 0, inverse, 1), 0)
