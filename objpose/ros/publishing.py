"""Pictures in, what is found out: detections, a pose for each object, and transforms for tf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from objpose.errors import InputError
from objpose.estimator import PoseEstimate, PoseEstimator
from objpose.frame import Frame
from objpose.io.frame_sources.ros_messages import stamp
from objpose.objects import ObjectModel
from objpose.robots import PlacedObject, detections, in_base, pose_with_covariance, transforms
from objpose.ros.filling import Types, message_of
from objpose.ros.received import frame_of, header_of_message
from objpose.tracking import Tracker, TrackState

Publish = Callable[[str, str, Any], None]  # topic, type of the message, message
Find = Callable[[Frame, float], Sequence[PoseEstimate | TrackState]]  # from a frame and its seconds


def searching(models: Sequence[ObjectModel]) -> Find:
    """Every picture by itself, any number of instances: seconds a picture on a CPU."""
    estimator = PoseEstimator(models)
    return lambda frame, seconds: estimator.estimate(frame)


def following(models: Sequence[ObjectModel]) -> Find:
    """One instance of each object at camera rate, while it is surely tracked."""
    tracker = Tracker(models)
    return lambda frame, seconds: [state for state in tracker.update(frame, seconds) if state.is_trusted]


class Publishing:
    """Called with each picture; what is surer than `confidence` is published in the picture's own frame.

    The frame is the camera's optical one (REP 103), as the driver names it in the header: tf leads from there
    to the robot's base. Nothing found is published as an empty array, so that listeners know.
    """

    def __init__(
        self, models: Sequence[ObjectModel], find: Find, types: Types, publish: Publish, confidence: float
    ) -> None:
        self.models = {model.name: model for model in models}
        self.find, self.types, self.publish, self.confidence = find, types, publish, confidence

    def picture(self, image: Any, info: Any, depth: Any = None, is_rectified: bool = False) -> None:
        """Raises InputError for messages that cannot be used, as `frame_of`."""
        frame, seconds = frame_of(image, info, depth, is_rectified), stamp(image) or 0.0
        found = [one for one in self.find(frame, seconds) if one.confidence >= self.confidence]
        placed = [in_base(one, self.models[one.object]) for one in found]
        header = header_of_message(image)
        self._publish("detections", "Detection3DArray", detections(placed, header))
        for one in _best_of_each(placed):
            topic = f"pose/{topic_name(one.name)}"
            self._publish(topic, "PoseWithCovarianceStamped", pose_with_covariance(one, header))
        if placed:
            self._publish("/tf", "TFMessage", transforms(placed, header))

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
