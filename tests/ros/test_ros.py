"""The node on stand-in messages: what it publishes, what it answers, what it says without ROS."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.estimator import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.onboarding import onboard
from objpose.ros import bin_picking
from objpose.ros.bin_picking import BinPicking
from objpose.ros.filling import fill, message_of
from objpose.ros.main import main
from objpose.ros.publishing import Publishing, topic_name
from objpose.ros.received import frame_of
from objpose.tracking import Status, TrackState
from tests.geometry.shapes import box
from tests.io.ros_bags import FRAME, HEIGHT, WIDTH, K, Messages
from tests.ros.stand_ins import TYPES, stored

RED = np.full((HEIGHT, WIDTH, 3), (255, 0, 0), np.uint8)
CAM_FROM_OBJ = SE3.exp(torch.tensor([0.1, -0.05, 0.6, 0.4, -0.9, 0.3]))
COVARIANCE = torch.diag(torch.tensor([1e-6] * 3 + [4e-6] * 3, dtype=torch.float64))


@pytest.fixture(scope="module")
def model() -> ObjectModel:
    return onboard(box(0.1, 0.06, 0.04), units="m", name="a box", out=None)


class Sure:
    """Stands for an estimator that has found what it is told, and keeps the frames it was given."""

    def __init__(self, models: list[ObjectModel], confidence: float = 0.9) -> None:
        self.objects, self.confidence, self.frames = {model.name: model for model in models}, confidence, []

    def estimate(self, frame: Any) -> list[PoseEstimate]:
        self.frames.append(frame)
        return [
            PoseEstimate(name, CAM_FROM_OBJ, self.confidence, COVARIANCE, 0.8, 0, ()) for name in self.objects
        ]


class Followed:
    """Stands for a tracker that has one object, and has lost the other."""

    def __init__(self, models: list[ObjectModel]) -> None:
        self.names = [model.name for model in models]

    def update(self, frame: Any, seconds: float) -> list[TrackState]:
        common = CAM_FROM_OBJ, 0.95, COVARIANCE, None, seconds, "", 0.0
        return [
            TrackState(name, status, *common)
            for name, status in zip(self.names, [Status.TRACKING, Status.LOST], strict=False)
        ]


def pictures() -> tuple[Any, Any, Any]:
    made, depth = Messages(), np.full((HEIGHT, WIDTH), 600, np.uint16)
    return made.image(0.25, RED, "bgr8"), made.info(0.25), made.image(0.25, depth, "16UC1")


def published(model: ObjectModel, confidence: float) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    publishing = Publishing(
        [model],
        lambda frame, seconds: Sure([model], confidence).estimate(frame),
        TYPES,
        lambda topic, kind, message: sent.update({topic: message}),
        0.5,
    )
    publishing.picture(*pictures())
    return sent


def test_what_is_found_is_published_in_the_frame_of_the_picture(model: ObjectModel) -> None:
    sent = published(model, 0.9)
    assert set(sent) == {"detections", "pose/a_box", "/tf"}
    assert all(stored(message) for message in sent.values())
    header, stamp = sent["detections"].header, pictures()[0].header.stamp
    assert (header.frame_id, header.stamp.sec, header.stamp.nanosec) == (FRAME, stamp.sec, stamp.nanosec)
    [found] = sent["detections"].detections
    assert found.results[0].hypothesis.class_id == "a box" and found.results[0].hypothesis.score == 0.9
    place = sent["pose/a_box"].pose.pose.position
    assert [place.x, place.y, place.z] == pytest.approx(CAM_FROM_OBJ.translation.tolist())
    [told] = sent["/tf"].transforms
    assert told.child_frame_id == "a box" and told.transform.rotation.w == pytest.approx(
        float(CAM_FROM_OBJ.rotation.wxyz[0])
    )


def test_what_is_unsure_is_not_published_but_that_nothing_was_found(model: ObjectModel) -> None:
    sent = published(model, 0.3)
    assert list(sent) == ["detections"] and sent["detections"].detections == []


def test_pictures_are_read_by_their_encodings() -> None:
    image, info, depth = pictures()
    frame = frame_of(image, info, depth)
    assert frame.rgb[0, 0].tolist() == [0, 0, 255] and frame.camera.fx == K[0]
    assert frame.depth is not None and float(frame.depth.max()) == pytest.approx(0.6)
    metres = Messages().image(0.0, np.full((HEIGHT, WIDTH), 0.6, np.float32), "32FC1")
    assert torch.allclose(frame_of(image, info, metres).depth, frame.depth)
    with pytest.raises(InputError, match="depth: found encoding bgr8, expected 16UC1 or 32FC1"):
        frame_of(image, info, image)


def test_fields_that_a_message_has_not_are_no_fields() -> None:
    with pytest.raises(AttributeError, match="colour"):
        message_of(TYPES, "Detection3DArray", {"colour": "red"})


@pytest.mark.parametrize(("name", "topic"), [("a box", "a_box"), ("007_tin", "_007_tin"), ("Tür", "T_r")])
def test_names_of_objects_are_made_names_of_topics(name: str, topic: str) -> None:
    assert topic_name(name) == topic


# The service of the challenge.


def challenge_camera(cam_from_world: SE3, encoding: str, number: float) -> SimpleNamespace:
    """number: what depth holds at each pixel."""
    message, kind = TYPES["PoseEstimate"](), np.uint16 if encoding == "16UC1" else np.float32
    in_millimetres = 1000 * cam_from_world.translation
    w, x, y, z = cam_from_world.rotation.wxyz.tolist()
    place = dict(zip("xyz", in_millimetres.tolist(), strict=True))
    fill(TYPES, message.pose, {"position": place, "orientation": {"w": w, "x": x, "y": y, "z": z}})
    grey = Messages().image(0.0, RED[..., 0].copy(), "8UC1")
    depth = Messages().image(0.0, np.full((HEIGHT, WIDTH), number, kind), encoding)
    return SimpleNamespace(info=SimpleNamespace(k=K), pose=message.pose, rgb=grey, depth=depth)


def asked(model: ObjectModel, monkeypatch: pytest.MonkeyPatch, ids: list[int]) -> tuple[Any, list[Sure]]:
    used: list[Sure] = []
    monkeypatch.setattr(bin_picking, "PoseEstimator", lambda models: used.append(Sure(models)) or used[-1])
    here = SE3.exp(torch.tensor([0.3, 0.1, 0.9, 2.5, 0.3, 0.1], dtype=torch.float64))
    cameras = [challenge_camera(here, "32FC1", 6000.0), challenge_camera(here, "16UC1", 6000)]
    request = SimpleNamespace(object_ids=ids, cameras=cameras, photoneo=cameras[0])
    response = BinPicking({8: model}, TYPES, depth_unit=0.1).answer(
        request, SimpleNamespace(pose_estimates=[])
    )
    return (response, here), used


def test_the_challenge_is_answered_in_the_world_in_millimetres(
    model: ObjectModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (response, cam_from_world), [used] = asked(model, monkeypatch, [8])
    assert len(used.frames) == 3
    assert all(float(frame.depth.max()) == pytest.approx(0.6) for frame in used.frames)
    [told] = response.pose_estimates  # three cameras, one object at one place
    assert stored(told) and (told.obj_id, told.score) == (8, 0.9)
    world_from_obj = cam_from_world.inverse() @ CAM_FROM_OBJ.to(torch.float64)
    place = told.pose.position
    assert [place.x, place.y, place.z] == pytest.approx((1000 * world_from_obj.translation).tolist())


def test_numbers_that_are_not_known_are_refused(model: ObjectModel, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"object_ids: found \[9\], expected some of 8"):
        asked(model, monkeypatch, [8, 9])


def test_no_numbers_ask_for_nothing(model: ObjectModel, monkeypatch: pytest.MonkeyPatch) -> None:
    (response, _), used = asked(model, monkeypatch, [])
    assert response.pose_estimates == [] and used == []


# The node.


def test_without_ros_it_is_said_how_to_get_it() -> None:
    with pytest.raises(InputError, match="rclpy: found not installed.*source /opt/ros"):
        main()


class Node:
    """Stands for a node of rclpy."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given, self.sent, self.services, self.said = given, {}, {}, []

    def declare_parameter(self, name: str, default: object) -> SimpleNamespace:
        return SimpleNamespace(value=self.given.get(name, default))

    def create_publisher(self, kind: Any, topic: str, depth: int) -> SimpleNamespace:
        return SimpleNamespace(publish=lambda message: self.sent.update({topic: message}))

    def create_service(self, kind: Any, name: str, answer: Any) -> None:
        self.services[name] = answer

    def get_logger(self) -> SimpleNamespace:
        return SimpleNamespace(info=self.said.append, warning=self.said.append, error=self.said.append)

    def destroy_node(self) -> None:
        self.said.append("gone")


def stand_in_ros(monkeypatch: pytest.MonkeyPatch, node: Node, messages: tuple[Any, ...]) -> None:
    """rclpy and what the node imports beside it; spinning delivers the messages once."""
    heard: list[Any] = []
    synchroniser = SimpleNamespace(registerCallback=heard.append)
    modules = {
        "rclpy": {
            "init": lambda: None, "create_node": lambda name: node, "try_shutdown": lambda: None,
            "spin": lambda node: [callback(*messages) for callback in heard],
        },
        "rclpy.qos": {"qos_profile_sensor_data": None},
        "message_filters": {
            "Subscriber": lambda *given, **more: given,
            "ApproximateTimeSynchronizer": lambda listeners, size, slop: synchroniser,
        },
        "sensor_msgs.msg": {"Image": None, "CameraInfo": None},
        "vision_msgs.msg": TYPES, "geometry_msgs.msg": TYPES, "tf2_msgs.msg": TYPES,
        "ibpc_interfaces.msg": TYPES, "ibpc_interfaces.srv": {"GetPoseEstimates": None},
    }  # fmt: skip
    for name, members in modules.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("objpose.ros.publishing.PoseEstimator", Sure)
    monkeypatch.setattr("objpose.ros.publishing.Tracker", Followed)


def test_the_node_listens_publishes_and_serves(model: ObjectModel, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node({"objects": ["a box"], "bin_picking_ids": [8]})
    stand_in_ros(monkeypatch, node, pictures())
    monkeypatch.setattr("objpose.ros.main.load_object", lambda name: replace(model, name=name))
    main()
    assert set(node.sent) == {"detections", "pose/a_box", "/tf"}
    assert set(node.services) == {"/get_pose_estimates"} and node.said[-1] == "gone"


def test_the_node_follows_and_tells_of_what_is_surely_tracked(
    model: ObjectModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node({"objects": ["a box", "another"], "track": True})
    stand_in_ros(monkeypatch, node, pictures())
    monkeypatch.setattr("objpose.ros.main.load_object", lambda name: replace(model, name=name))
    main()
    [found] = node.sent["detections"].detections
    assert found.results[0].hypothesis.class_id == "a box" and found.results[0].hypothesis.score == 0.95


def test_a_picture_that_cannot_be_used_is_logged_and_the_node_goes_on(
    model: ObjectModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, info, _ = pictures()
    node = Node({"objects": ["a box"]})
    stand_in_ros(monkeypatch, node, (image, info, image))
    monkeypatch.setattr("objpose.ros.main.load_object", lambda name: replace(model, name=name))
    main()
    assert node.sent == {} and any("expected 16UC1 or 32FC1" in line for line in node.said)


def test_a_node_without_objects_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_ros(monkeypatch, Node({}), ())
    with pytest.raises(InputError, match="parameter objects: found none"):
        main()
