"""The node itself: parameters, topics and services of rclpy around what does the work."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from objpose.errors import InputError, said_once
from objpose.objects import ObjectModel
from objpose.onboarding import load_object, onboard
from objpose.ros.bin_picking import BinPicking
from objpose.ros.filling import Types
from objpose.ros.publishing import Publishing, following, searching

NAME = "objpose"
TYPES = {
    "Detection3DArray": "vision_msgs.msg", "Detection3D": "vision_msgs.msg",
    "ObjectHypothesisWithPose": "vision_msgs.msg", "PoseWithCovarianceStamped": "geometry_msgs.msg",
    "TransformStamped": "geometry_msgs.msg", "TFMessage": "tf2_msgs.msg",
}  # fmt: skip
PARAMETERS: dict[str, Any] = {
    "objects": [""],  # names of onboarded objects, or mesh files
    "units": "auto",  # of meshes: m, mm, ...
    "confidence": 0.5,  # least of what is published
    "track": False,  # follow one of each object at camera rate, in place of searching every picture
    "depth": True,  # wait for depth beside each picture
    "rectified": False,  # the pictures have had their lens taken out (image_rect)
    "bin_picking_ids": [0],  # numbers of the objects, in their order: serve GetPoseEstimates
    "depth_unit": 1.0,  # millimetres of one number of the challenge's depth
}
SLOP = 0.02  # seconds that picture, depth and info may be apart


def main() -> None:
    """Runs until Ctrl-C. Raises InputError without ROS, and for parameters that cannot be used."""
    rclpy = needed("rclpy")
    rclpy.init()
    node = rclpy.create_node(NAME)
    given = {name: node.declare_parameter(name, default).value for name, default in PARAMETERS.items()}
    models = _models(given["objects"], given["units"])
    with said_once(node.get_logger().warning):
        _serve(node, models, given)
        _listen(node, models, given)
        node.get_logger().info(f"looking for {', '.join(model.name for model in models)}")
        try:
            rclpy.spin(node)
        except KeyboardInterrupt:
            pass
        finally:
            node.destroy_node()
            rclpy.try_shutdown()


def needed(module: str) -> Any:
    """A module of ROS; InputError that says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0].replace("_", "-")
        cure = f"source /opt/ros/DISTRO/setup.bash, and apt install ros-DISTRO-{package}"
        raise InputError(module, "not installed, or not sourced", "a package of ROS 2", cure) from error


def _models(objects: list[str], units: Any) -> list[ObjectModel]:
    names = [name for name in objects if name]
    if not names:
        cure = """--ros-args -p objects:="['drill.ply']" """
        raise InputError("parameter objects", "none", "names or meshes of objects", cure)
    return [
        onboard(name, units=units, out=None) if Path(name).is_file() else load_object(name) for name in names
    ]


def _listen(node: Any, models: list[ObjectModel], given: dict[str, Any]) -> None:
    filters, sensors = needed("message_filters"), needed("sensor_msgs.msg")
    quality = needed("rclpy.qos").qos_profile_sensor_data
    types: Types = {name: getattr(needed(module), name) for name, module in TYPES.items()}
    publishers: dict[str, Any] = {}

    def publish(topic: str, name: str, message: Any) -> None:
        if topic not in publishers:
            publishers[topic] = node.create_publisher(types[name], topic, 10)
        publishers[topic].publish(message)

    find = (following if given["track"] else searching)(models)
    publishing = Publishing(models, find, types, publish, given["confidence"])

    def picture(image: Any, info: Any, depth: Any = None) -> None:
        try:
            publishing.picture(image, info, depth, given["rectified"])
        except InputError as error:  # of this picture; the next one may be better
            node.get_logger().error(str(error))

    topics = [("image", sensors.Image), ("camera_info", sensors.CameraInfo)]
    topics += [("depth", sensors.Image)] if given["depth"] else []
    listeners = [filters.Subscriber(node, kind, topic, qos_profile=quality) for topic, kind in topics]
    # One of each at most waits: while a picture is worked on, those that come are replaced by newer ones.
    filters.ApproximateTimeSynchronizer(listeners, 1, SLOP).registerCallback(picture)


def _serve(node: Any, models: list[ObjectModel], given: dict[str, Any]) -> None:
    """The challenge's service, where numbers of the objects are given."""
    numbers = [number for number in given["bin_picking_ids"] if number]
    if not numbers:
        return
    if len(numbers) != len(models):
        found = f"{len(numbers)} numbers and {len(models)} objects"
        raise InputError("parameter bin_picking_ids", found, "one for each object", "name them in one order")
    service = needed("ibpc_interfaces.srv").GetPoseEstimates
    types = {"PoseEstimate": needed("ibpc_interfaces.msg").PoseEstimate}
    picking = BinPicking(dict(zip(numbers, models, strict=True)), types, given["depth_unit"])

    def answer(request: Any, response: Any) -> Any:
        try:
            return picking.answer(request, response)
        except InputError as error:  # a service must answer: with nothing, and the reason in the log
            node.get_logger().error(str(error))
            return response

    node.create_service(service, "/get_pose_estimates", answer)
