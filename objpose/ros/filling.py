"""Dictionaries into messages of ROS, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from objpose.robots.messages import Message

# Of fields that hold a list of messages: which they are.
ELEMENTS = {
    "detections": "Detection3D",
    "results": "ObjectHypothesisWithPose",
    "transforms": "TransformStamped",
    "pose_estimates": "PoseEstimate",
}
Types = Mapping[str, Callable[[], Any]]  # classes of messages by their names


def message_of(types: Types, name: str, content: Message) -> Any:
    """A message of a type that holds the content; fields that are not named keep their defaults."""
    message = types[name]()
    fill(types, message, content)
    return message


def fill(types: Types, message: Any, content: Message) -> None:
    """The content into a message. Missing types and fields are defects of ours: KeyError, AttributeError."""
    for field, value in content.items():
        if isinstance(value, dict):
            fill(types, getattr(message, field), value)
        elif field in ELEMENTS:
            setattr(message, field, [message_of(types, ELEMENTS[field], one) for one in value])
        else:
            getattr(message, field)  # a class of Python would take any name
            setattr(message, field, value)
