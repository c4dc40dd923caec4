"""What was found as the messages of ROS have it, in plain dictionaries: nothing of ROS is needed for them.

vision_msgs/Detection3DArray, geometry_msgs/PoseWithCovarianceStamped and TransformStamped, field by field.
Frames of cameras are optical ones (REP 103): x right, y down, z forward, as ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from objpose.geometry import SE3, SO3, origin_and_turn_covariance
from objpose.robots.placed import PlacedObject

Message = dict[str, Any]
# REP 103: a camera's body has x forward, y left, z up; its optical frame x right, y down, z forward.
LINK_FROM_OPTICAL = SE3.from_rotation_translation(
    SO3(torch.tensor([0.5, -0.5, 0.5, -0.5], dtype=torch.float64)), torch.zeros(3, dtype=torch.float64)
)


def header_of(frame: str, seconds: float) -> Message:
    """std_msgs/Header: the base that objects are placed in, and when the picture was taken."""
    whole, nanoseconds = divmod(round(seconds * 1e9), 10**9)
    return {"stamp": {"sec": whole, "nanosec": nanoseconds}, "frame_id": frame}


def detections(objects: Sequence[PlacedObject], header: Message) -> Message:
    """vision_msgs/Detection3DArray: one hypothesis each, its score the confidence; boxes of meshes."""
    return {
        "header": header,
        "detections": [_detection(one, header, f"{one.name}_{i}") for i, one in enumerate(objects)],
    }


def pose_with_covariance(placed: PlacedObject, header: Message) -> Message:
    """geometry_msgs/PoseWithCovarianceStamped."""
    return {"header": header, "pose": _pose_with_covariance(placed)}


def transforms(objects: Sequence[PlacedObject], header: Message) -> Message:
    """tf2_msgs/TFMessage: from each object to the frame; of several of one name, NAME_1, NAME_2, ..."""
    names = [one.name for one in objects]
    children = [
        name if names[:i].count(name) == 0 else f"{name}_{names[:i].count(name)}"
        for i, name in enumerate(names)
    ]
    return {
        "transforms": [
            {
                "header": header,
                "child_frame_id": child,
                "transform": {
                    "translation": _vector(one.base_from_obj.translation),
                    "rotation": _quaternion(one.base_from_obj),
                },
            }
            for one, child in zip(objects, children, strict=True)
        ]
    }


def _detection(placed: PlacedObject, header: Message, name: str) -> Message:
    centre = placed.base_from_obj.apply(placed.centre)
    return {
        "header": header,
        "results": [
            {
                "hypothesis": {"class_id": placed.name, "score": placed.confidence},
                "pose": _pose_with_covariance(placed),
            }
        ],
        "bbox": {
            "center": {"position": _vector(centre), "orientation": _quaternion(placed.base_from_obj)},
            "size": _vector(placed.size),
        },
        "id": name,
    }


def _pose_with_covariance(placed: PlacedObject) -> Message:
    covariance = origin_and_turn_covariance(placed.base_from_obj, placed.covariance)
    return {"pose": pose_of(placed.base_from_obj), "covariance": covariance.flatten().tolist()}


def pose_of(b_from_a: SE3) -> Message:
    """geometry_msgs/Pose of a transform ()."""
    return {"position": _vector(b_from_a.translation), "orientation": _quaternion(b_from_a)}


def _vector(values: Tensor) -> Message:
    return dict(zip("xyz", values.double().tolist(), strict=True))


def _quaternion(b_from_a: SE3) -> Message:
    return dict(zip("wxyz", b_from_a.rotation.wxyz.double().tolist(), strict=True))
