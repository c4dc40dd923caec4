"""Pictures in, what is found out: detections, a pose for each object, and transforms for tf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from objpose.errors import InputError
from objpose.estimator import PoseEstimate, PoseEstimator
from objpose.robots import PlacedObject, detections, in_base, pose_with_covariance, transforms
from objpose.ros.filling import Types, message_of
from objpose.ros.received import frame_of, header_of_message

Publish = Callable[[str, str, Any], None]  # topic, type of the message, message


class Publishing:
    """Called with each picture; what is surer than `confidence` is published in the picture's own frame.

    The frame is the camera's optical one (REP 103), as the driver names it in the header: tf leads from there
    to the robot's base. Nothing found is published as an empty array, so that listeners know.
    """

    def __init__(self, estimator: PoseEstimator, types: Types, publish: Publish, confidence: float) -> None:
        self.estimator, self.types, self.publish, self.confidence = estimator, types, publish, confidence

    def picture(self, image: Any, info: Any, depth: Any = None, is_rectified: bool = False) -> None:
        """Raises InputError for messages that cannot be used, as `frame_of`."""
        frame = frame_of(image, info, depth, is_rectified)
        found = [one for one in self._found(frame) if one.confidence >= self.confidence]
        placed = [in_base(one, self.estimator.objects[one.object]) for one in found]
        header = header_of_message(image)
        self._publish("detections", "Detection3DArray", detections(placed, header))
        for one in _best_of_each(placed):
            topic = f"pose/{topic_name(one.name)}"
            self._publish(topic, "PoseWithCovarianceStamped", pose_with_covariance(one, header))
        if placed:
            self._publish("/tf", "TFMessage", transforms(placed, header))

    def _found(self, frame: Any) -> list[PoseEstimate]:
        return self.estimator.estimate(frame)

    def _publish(self, topic: str, name: str, content: dict[str, Any]) -> None:
        self.publish(topic, name, message_of(self.types, name, content))


def _best_of_each(placed: list[PlacedObject]) -> list[PlacedObject]:
    best: dict[str, PlacedObject] = {}
    for one in sorted(placed, key=lambda one: one.confidence):
        best[one.name] = one
    return list(best.values())


def topic_name(name: str) -> str:
    """An object's name as ROS allows it in topics: letters, digits and underscores.

    Raises:
        InputError: nothing is left of it.
    """
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    if not kept.strip("_"):
        cure = "onboard it by another name (--name)"
        raise InputError(f"object {name!r}", "no letter that a topic may have", "letters or digits", cure)
    return f"_{kept}" if kept[0].isdigit() else kept
