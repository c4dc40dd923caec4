"""Small bags of ROS: messages of sensor_msgs, written by rosbags, and by mcap alone."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mcap.writer import Writer as McapWriter
from PIL import Image
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer as Writer2
from rosbags.typesys import Stores, get_typestore

WIDTH, HEIGHT = 32, 24
K = [40.0, 0.0, 15.5, 0.0, 40.0, 11.5, 0.0, 0.0, 1.0]
FRAME = "camera_color_optical_frame"
NOW = 1_700_000_000  # seconds: clocks of robots count since 1970
LAG = 0.05  # seconds from taking a picture to recording it

ROS1, ROS2 = get_typestore(Stores.ROS1_NOETIC), get_typestore(Stores.ROS2_HUMBLE)
Recorded = tuple[str, float, Any]  # topic, seconds after NOW at which it was taken, message


class Messages:
    """Makes messages of one ROS."""

    def __init__(self, store: Any = ROS2) -> None:
        self.store, self.types = store, store.types

    def header(self, time: float, frame: str = FRAME) -> Any:
        nanoseconds = round((NOW + time) * 1e9)
        stamp = self.types["builtin_interfaces/msg/Time"](
            sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9
        )
        more = {} if self.store is ROS2 else {"seq": 0}
        return self.types["std_msgs/msg/Header"](stamp=stamp, frame_id=frame, **more)

    def image(
        self, time: float, pixels: np.ndarray, encoding: str, frame: str = FRAME, padding: int = 0
    ) -> Any:
        """padding: bytes after each row."""
        height, width = pixels.shape[:2]
        rows = np.ascontiguousarray(pixels).view(np.uint8).reshape(height, -1)
        rows = np.pad(rows, ((0, 0), (0, padding)))
        return self.types["sensor_msgs/msg/Image"](
            header=self.header(time, frame), height=height, width=width, encoding=encoding,
            is_bigendian=int(pixels.dtype.byteorder == ">"), step=rows.shape[1], data=rows.ravel(),
        )  # fmt: skip

    def compressed(self, time: float, data: bytes, kind: str, frame: str = FRAME) -> Any:
        return self.types["sensor_msgs/msg/CompressedImage"](
            header=self.header(time, frame), format=kind, data=np.frombuffer(data, np.uint8)
        )

    def info(self, time: float, D: Sequence[float] = (0.0,) * 5, width: int = WIDTH, fx: float = 40.0) -> Any:
        """fx: of the rectified pictures."""
        names = dict(zip("kdrp", "kdrp" if self.store is ROS2 else "KDRP", strict=True))
        region = self.types["sensor_msgs/msg/RegionOfInterest"](
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
        )
        P = np.array([fx, 0, 15.5, 0, 0, fx, 11.5, 0, 0, 0, 1, 0])
        matrices = {names["k"]: np.array(K), names["d"]: np.array(D, np.float64), names["p"]: P}
        return self.types["sensor_msgs/msg/CameraInfo"](
            header=self.header(time), height=HEIGHT, width=width, distortion_model="plumb_bob",
            binning_x=0, binning_y=0, roi=region, **matrices, **{names["r"]: np.eye(3).ravel()},
        )  # fmt: skip


def write_bag(path: Path, messages: Sequence[Recorded], store: Any = ROS2, by_mcap: bool = False) -> Path:
    """A bag of ROS 1 or 2, in the storage that its suffix says; an MCAP also by the library of that name."""
    if by_mcap:
        return _by_mcap(path, messages)
    if path.suffix == ".bag":
        writer: Any = Writer1(path)
    else:
        plugin = StoragePlugin.MCAP if path.suffix == ".mcap" else StoragePlugin.SQLITE3
        writer = Writer2(path.with_suffix(""), version=9, storage_plugin=plugin)
    with writer:
        kinds = {topic: message.__msgtype__ for topic, _, message in messages}
        connections = {
            topic: writer.add_connection(topic, kind, typestore=store) for topic, kind in kinds.items()
        }
        serialize = store.serialize_ros1 if store is ROS1 else store.serialize_cdr
        for topic, time, message in messages:
            recorded = round((NOW + time + LAG) * 1e9)
            writer.write(connections[topic], recorded, serialize(message, message.__msgtype__))
    folder = path.with_suffix("")
    return next(folder.glob("*.mcap")) if path.suffix == ".mcap" else path


def _by_mcap(path: Path, messages: Sequence[Recorded]) -> Path:
    with path.open("wb") as file:
        writer = McapWriter(file)
        writer.start(profile="ros2")
        channels: dict[str, int] = {}
        for topic, time, message in messages:
            kind = message.__msgtype__
            if topic not in channels:
                definition = ROS2.generate_msgdef(kind, ros_version=2)[0].encode()
                schema = writer.register_schema(kind, "ros2msg", definition)
                channels[topic] = writer.register_channel(topic, "cdr", schema)
            recorded = round((NOW + time + LAG) * 1e9)
            writer.add_message(channels[topic], recorded, bytes(ROS2.serialize_cdr(message, kind)), recorded)
        writer.finish()
    return path


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def compressed_floats(metres: np.ndarray, nearest: float = 0.1) -> bytes:
    """As compressed_depth_image_transport stores 32FC1: a / z + b in 16 bits, 0 = missing."""
    largest = 100.0  # its parameter depth_quantization
    scale = largest * (largest + 1.0)
    offset = 1.0 - scale / 10.0  # of its depth_max, 10 m
    inverse = np.where(metres > nearest, scale / np.maximum(metres, nearest) + offset, 0).round()
    return struct.pack("<iff", 0, scale, offset) + png(inverse.clip(0, 65535).astype(np.uint16))
