"""From poses to a robot: the frame they are told in, how surely, when to act, which grasp."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from objpose.errors import InputError
from objpose.estimator import PoseEstimate
from objpose.geometry import SE3, SO3, ContinuousSymmetry, Symmetry, origin_and_turn_covariance
from objpose.robots import (
    Grasp,
    Limits,
    PlacedObject,
    detections,
    header_of,
    in_base,
    nearest_reach,
    read_grasps,
    reason_to_refuse,
    transforms,
)
from objpose.robots.messages import LINK_FROM_OPTICAL
from objpose.tracking import Status, TrackState

CAM_FROM_OBJ = SE3.exp(torch.tensor([0.1, -0.05, 0.6, 0.4, -0.9, 0.3], dtype=torch.float64))
BASE_FROM_CAM = SE3.exp(torch.tensor([0.7, 0.2, 0.5, 1.5, 0.2, -0.7], dtype=torch.float64))
NO_TURN = torch.eye(3, dtype=torch.float64)


def some_covariance(seed: int, size: float) -> torch.Tensor:
    root = size * torch.randn(6, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.mT


COVARIANCE = some_covariance(0, 4e-3)


def estimate(**changed: object) -> PoseEstimate:
    sure = torch.diag(torch.tensor([1e-6] * 3 + [1e-6] * 3, dtype=torch.float64))
    told = PoseEstimate("can", CAM_FROM_OBJ, 0.9, sure, 0.8, 0, ())
    return replace(told, **changed)


def draws(covariance: torch.Tensor, seed: int) -> SE3:
    """(n,) motions whose twists have that covariance."""
    normal = torch.randn(20000, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return SE3.exp(normal @ torch.linalg.cholesky(covariance).mT)


def spread(transforms: SE3, middle: SE3) -> torch.Tensor:
    """(6, 6) of origins and of turns about the fixed axes, as ROS counts them."""
    shifts = transforms.translation - middle.translation
    turns = (transforms.rotation @ middle.rotation.inverse()).log()
    values = torch.cat([shifts, turns], dim=-1)
    return values.mT @ values / len(values)


def test_the_covariance_of_ros_is_that_of_drawn_poses() -> None:
    drawn = draws(COVARIANCE, 1) @ CAM_FROM_OBJ
    told = origin_and_turn_covariance(CAM_FROM_OBJ, COVARIANCE)
    assert torch.allclose(spread(drawn, CAM_FROM_OBJ), told, atol=0.05 * float(told.diagonal().max()))


def test_the_covariance_in_the_base_is_that_of_drawn_cameras_and_objects(model) -> None:
    of_camera = some_covariance(2, 3e-3)
    placed = in_base(estimate(covariance=COVARIANCE), model, BASE_FROM_CAM, of_camera)
    drawn = draws(of_camera, 3) @ BASE_FROM_CAM @ draws(COVARIANCE, 1) @ CAM_FROM_OBJ
    told = origin_and_turn_covariance(placed.base_from_obj, placed.covariance)
    assert torch.allclose(spread(drawn, placed.base_from_obj), told, atol=0.05 * float(told.diagonal().max()))


def test_the_box_of_the_mesh_is_around_the_object(model) -> None:
    placed = in_base(estimate(), model, BASE_FROM_CAM)
    bounds = model.mesh.bounds().double()
    assert torch.allclose(placed.size, bounds[1] - bounds[0])
    assert torch.allclose(placed.centre, bounds.mean(0))
    assert torch.allclose(placed.base_from_obj.matrix(), (BASE_FROM_CAM @ CAM_FROM_OBJ).matrix(), atol=1e-9)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"confidence": 0.6}, "confidence 0.60, below 0.70"),
        ({"share": 0.6, "ambiguity": "half a turn"}, "other poses hold 0.40 of the chance: half a turn"),
        ({"covariance": COVARIANCE}, "place known to"),
    ],
)
def test_it_is_told_why_not_to_act(changed: dict, said: str) -> None:
    reason = reason_to_refuse(estimate(**changed), Limits())
    assert reason.startswith(said) and bool(reason) == bool(said)


def test_nothing_found_is_refused() -> None:
    assert reason_to_refuse(None) == "no object found"


def test_a_state_that_was_lost_is_nowhere(model) -> None:
    lost = TrackState("can", Status.LOST, CAM_FROM_OBJ, 0.1, None, None, 0.0, "hidden", 0.0)
    with pytest.raises(InputError, match="found can lost.*is_trusted"):
        in_base(lost, model, BASE_FROM_CAM)


# Grasps.


def test_of_equivalent_poses_the_nearest_to_the_hand_is_taken() -> None:
    """A bottle: its one grasp, from the side, may be taken from any side; the hand's own side is nearest."""
    bottle = Symmetry(SE3.identity((1,)), (ContinuousSymmetry(torch.tensor([0.0, 0, 1]), torch.zeros(3)),))
    sideways = SO3.exp(torch.tensor([0.0, math.pi / 2, 0.0], dtype=torch.float64))  # z of the hand along x
    held = SE3.from_rotation_translation(sideways, torch.tensor([-0.05, 0.0, 0.1], dtype=torch.float64))
    base_from_obj = SE3.from_rotation_translation(NO_TURN, torch.tensor([0.5, 0.0, 0.0]).double())
    angle = 1.1
    turn = SO3.exp(torch.tensor([0.0, 0.0, angle], dtype=torch.float64))
    there = base_from_obj @ SE3.from_rotation_translation(turn, torch.zeros(3).double()) @ held
    back = SE3.from_rotation_translation(NO_TURN, torch.tensor([0.0, 0.0, -0.3]).double())
    reach = nearest_reach(base_from_obj, bottle, 0.3, [Grasp("side", held)], there @ back)
    apart = there.inverse() @ reach.base_from_gripper
    assert float(apart.translation.norm()) < 0.003 and float(apart.rotation.angle()) < 0.03


def test_the_pre_grasp_is_back_along_the_approach() -> None:
    held = SE3.exp(torch.tensor([0.0, 0.1, 0.2, 0.3, 0.2, 0.1], dtype=torch.float64))
    reach = nearest_reach(
        BASE_FROM_CAM, Symmetry.none(), 0.2, [Grasp("a", held, (0.0, 2.0, 0.0))], BASE_FROM_CAM, 0.1
    )
    assert torch.allclose(reach.base_from_gripper.matrix(), (BASE_FROM_CAM @ held).matrix())
    in_hand = reach.base_from_gripper.inverse() @ reach.base_from_gripper_before
    assert torch.allclose(in_hand.translation, torch.tensor([0.0, -0.1, 0.0], dtype=torch.float64), atol=1e-9)
    assert float(in_hand.rotation.angle()) < 1e-6


def test_grasps_are_read_in_their_unit(tmp_path: Path) -> None:
    grasp = {"obj_from_gripper": {"translation": [10, 20, 30], "quaternion_wxyz": [1, 0, 0, 0]}}
    (tmp_path / "grasps.json").write_text(json.dumps({"unit": "mm", "grasps": [grasp]}))
    [read] = read_grasps(tmp_path / "grasps.json")
    assert read.obj_from_gripper.translation.tolist() == pytest.approx([0.01, 0.02, 0.03])
    assert read.approach == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("grasps", "said"),
    [
        ([], "no grasps"),
        ([{"pose": []}], "a member 'pose'"),
        ([{"obj_from_gripper": [[1, 0, 0, 0]] * 3}], "a rotation"),
    ],
)
def test_grasps_that_are_none_are_refused(tmp_path: Path, grasps: list, said: str) -> None:
    (tmp_path / "grasps.json").write_text(json.dumps({"grasps": grasps}))
    with pytest.raises(InputError, match=said):
        read_grasps(tmp_path / "grasps.json")


# Messages.


def placed_object(name: str = "can") -> PlacedObject:
    size = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    return PlacedObject(name, CAM_FROM_OBJ, COVARIANCE, 0.9, torch.zeros(3).double(), size)


def test_the_box_is_where_the_object_is() -> None:
    [found] = detections([placed_object()], header_of("base", 1.5))["detections"]
    assert found["header"] == {"stamp": {"sec": 1, "nanosec": 500_000_000}, "frame_id": "base"}
    pose = found["results"][0]["pose"]["pose"]
    assert list(pose["position"].values()) == pytest.approx(CAM_FROM_OBJ.translation.tolist())
    assert found["bbox"]["center"] == pose and list(found["bbox"]["size"].values()) == [0.1, 0.2, 0.3]
    assert len(found["results"][0]["pose"]["covariance"]) == 36


def test_two_of_one_name_are_two_frames_of_tf() -> None:
    told = transforms([placed_object(), placed_object(), placed_object("mug")], header_of("cam", 0.0))
    assert [one["child_frame_id"] for one in told["transforms"]] == ["can", "can_1", "mug"]


def test_a_camera_looks_along_x_of_its_body() -> None:
    """REP 103: what is ahead, right and below of the lens is at +x, -y and -z of the body."""
    axes = LINK_FROM_OPTICAL.apply(torch.eye(3, dtype=torch.float64)[[2, 0, 1]])
    expected = torch.tensor([[1, 0, 0], [0, -1, 0], [0, 0, -1]], dtype=torch.float64)
    assert torch.allclose(axes, expected, atol=1e-9)
