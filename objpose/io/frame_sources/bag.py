"""Frames of a recording of ROS: .bag of ROS 1; folders, .mcap and .db3 of ROS 2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objpose.errors import InputError, warn_input
from objpose.geometry import Camera
from objpose.io.camera import read_camera
from objpose.io.frame_sources.pairing import MOST_APART, paired
from objpose.io.frame_sources.ros_messages import (
    CAMERA_INFO,
    GREYS,
    IMAGES,
    camera_of_info,
    colours,
    depth_metres,
    encoding_of,
    is_depth,
    stamp,
)
from objpose.io.frame_sources.shot import Shot, check_size, in_time
from objpose.io.frame_sources.topics import ImageTopic, choose_topics, is_rectified

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader

BAG = "a bag of ROS 1 (.bag) or ROS 2 (its folder, .mcap, .db3)"


class BagFrames:
    """The colour pictures of a bag with their camera_info, and with registered depth where there is some.

    Times are those at which the pictures were taken (header.stamp), else recorded. Depth is that of the
    nearest time.

    camera: a camera file in place of the bag's own camera_info. topic, depth: which topics, where there are
    several.

    Raises:
        InputError: rosbags is not installed; missing or damaged file; no colours, or several topics of them.
    """

    is_live = False

    def __init__(self, path: Path, camera: Path | None, topic: str | None, depth: str | None) -> None:
        self._path = path
        with _opened(path) as reader:
            images = [one for one in map(_Peek(reader), _topics(reader, IMAGES)) if one is not None]
            infos = _topics(reader, (CAMERA_INFO,))
            self._topics = choose_topics(path, images, infos, topic, depth, camera is not None)
            first = colours(_first(reader, self._topics.colour), self._topics.colour)
            size = first.shape[1], first.shape[0]
            self._camera = self._own_camera(reader) if camera is None else read_camera(camera, size)[0]
            check_size(self._topics.colour, size, self._camera)
            self.count = sum(_counts(reader, self._topics.colour))

    def shots(self, start: int = 0, step: int = 1) -> Iterator[Shot]:
        return in_time(self._path, self._played(start, step))

    def _played(self, start: int, step: int) -> Iterator[Shot]:
        with _opened(self._path) as reader:
            has_depth = False
            for index, (time, colour, depth) in enumerate(paired(self._messages(reader))):
                has_depth |= depth is not None
                if index >= start and (index - start) % step == 0:
                    yield self._shot(index, time, colour, depth)
            if self._topics.depth is not None and not has_depth:
                found = f"no message of {self._topics.depth} within {MOST_APART} s of one of the colours"
                warn_input(self._path, found, "depth taken with the colours", "colours alone were used")

    def _own_camera(self, reader: AnyReader) -> Camera:
        assert self._topics.camera is not None
        info = _first(reader, self._topics.camera)
        return camera_of_info(info, self._path, self._topics.camera, is_rectified(self._topics.colour))

    def _messages(self, reader: AnyReader) -> Iterator[tuple[bool, float, Any]]:
        """(is it depth, when it was taken, the message) of the two topics, as they were recorded."""
        wanted = [one for one in reader.connections if one.topic in (self._topics.colour, self._topics.depth)]
        for connection, recorded, message in _read(reader, wanted):
            yield connection.topic == self._topics.depth, stamp(message) or recorded * 1e-9, message

    def _shot(self, index: int, time: float, colour: Any, depth: Any) -> Shot:
        rgb, measured = colours(colour, self._topics.colour), None
        check_size(self._topics.colour, (rgb.shape[1], rgb.shape[0]), self._camera)
        if depth is not None:
            assert self._topics.depth is not None
            measured = depth_metres(depth, self._topics.depth)
            check_size(self._topics.depth, (measured.shape[1], measured.shape[0]), self._camera)
        return Shot(index, f"{self._topics.colour}: {index}", time, rgb, self._camera, measured)


class _Peek:
    """What a topic of pictures holds, by its first message; None of an empty one."""

    def __init__(self, reader: AnyReader) -> None:
        self._reader = reader

    def __call__(self, topic: str) -> ImageTopic | None:
        if not any(_counts(self._reader, topic)):
            return None
        message = _first(self._reader, topic)
        kind = "depth" if is_depth(message) else "grey" if encoding_of(message) in GREYS else "colour"
        return ImageTopic(topic, kind, message.header.frame_id)


def _topics(reader: AnyReader, types: Sequence[str]) -> list[str]:
    return sorted({one.topic for one in reader.connections if one.msgtype in types})


def _counts(reader: AnyReader, topic: str) -> list[int]:
    return [one.msgcount for one in reader.connections if one.topic == topic]


def _first(reader: AnyReader, topic: str) -> Any:
    """The first message of a topic."""
    wanted = [one for one in reader.connections if one.topic == topic]
    for _, _, message in _read(reader, wanted):
        return message
    raise InputError(topic, "no message", "one or more", "record it again")


def _read(reader: AnyReader, wanted: list[Any]) -> Iterator[tuple[Any, int, Any]]:
    """(connection, nanoseconds at which it was recorded, message) of those connections."""
    messages = reader.messages(wanted)
    while True:
        with _damage_named(Path(str(reader.paths[0]))):
            found = next(messages, None)
            if found is None:
                return
            connection, recorded, data = found
            message = reader.deserialize(data, connection.msgtype)
        yield connection, recorded, message


@contextmanager
def _opened(path: Path) -> Iterator[AnyReader]:
    try:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        cure = "pip install 'objpose[bags]'"
        raise InputError(path, "a bag, and rosbags not installed", "the reader of bags", cure) from error
    # Bags of older ROS 2 do not say what their messages are made of; these of sensor_msgs never changed.
    known = get_typestore(Stores.ROS2_HUMBLE)
    with _damage_named(path):
        reader = AnyReader([path], default_typestore=known)
        reader.open()
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Around rosbags alone, which raises whatever the damage leads to, and what its unpackers raise."""
    try:
        yield
    except Exception as error:
        found = str(error) or f"a damaged recording ({error!r})"
        cure = "check the name; mend what was cut off: rosbag reindex, ros2 bag reindex, mcap recover"
        raise InputError(path, found, BAG, cure) from error
