"""Messages of ROS 2 with nothing of ROS installed: their true fields and types by rosbags; blank."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

DEFINITIONS = {
    "vision_msgs/msg/ObjectHypothesis": "string class_id\nfloat64 score\n",
    "vision_msgs/msg/ObjectHypothesisWithPose": "vision_msgs/ObjectHypothesis hypothesis\n"
    "geometry_msgs/PoseWithCovariance pose\n",
    "vision_msgs/msg/BoundingBox3D": "geometry_msgs/Pose center\ngeometry_msgs/Vector3 size\n",
    "vision_msgs/msg/Detection3D": "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n"
    "vision_msgs/BoundingBox3D bbox\nstring id\n",
    "vision_msgs/msg/Detection3DArray": "std_msgs/Header header\nvision_msgs/Detection3D[] detections\n",
    "ibpc_interfaces/msg/PoseEstimate": "int64 obj_id\nfloat64 score\ngeometry_msgs/Pose pose\n",
}
KINDS = {
    "Detection3DArray": "vision_msgs", "Detection3D": "vision_msgs",
    "ObjectHypothesisWithPose": "vision_msgs", "PoseWithCovarianceStamped": "geometry_msgs",
    "TransformStamped": "geometry_msgs", "TFMessage": "tf2_msgs", "PoseEstimate": "ibpc_interfaces",
}  # fmt: skip
STORE = get_typestore(Stores.ROS2_HUMBLE)
for _name, _text in DEFINITIONS.items():
    STORE.register(get_types_from_msg(_text, _name))
NAMED, BASE, ARRAY = 2, 1, 3  # what rosbags calls the kinds of a field


def blank(kind: str) -> Any:
    """A message that takes its own fields only, as rclpy makes it: numbers zero, texts and lists empty."""
    fields = {name: _blank_field(*field) for name, field in STORE.fielddefs[kind][1]}

    class Blank(SimpleNamespace):
        __slots__ = ()
        msgtype = kind

        def __setattr__(self, name: str, value: object) -> None:
            if name not in fields:
                raise AttributeError(f"{kind} has no field {name}")
            super().__setattr__(name, value)

    return Blank(**fields)


TYPES = {name: partial(blank, f"{package}/msg/{name}") for name, package in KINDS.items()}


def stored(message: Any) -> bytes:
    """As it goes over the wire: refused by rosbags where a field is not of its type."""
    return bytes(STORE.serialize_cdr(_typed(message), message.msgtype))


def _typed(message: Any) -> Any:
    values = {}
    for name, (kind, what) in STORE.fielddefs[message.msgtype][1]:
        value = getattr(message, name)
        if int(kind) == NAMED:
            value = _typed(value)
        elif int(kind) > ARRAY - 1 and int(what[0][0]) == NAMED:
            value = [_typed(one) for one in value]
        elif int(kind) > ARRAY - 1:
            value = np.asarray(value, np.float64)
        values[name] = value
    return STORE.types[message.msgtype](**values)


def _blank_field(kind: int, what: Any) -> Any:
    if int(kind) == NAMED:
        return blank(what)
    if int(kind) == BASE:
        return "" if what[0] == "string" else 0 if "int" in what[0] else 0.0
    return []
