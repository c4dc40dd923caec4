"""`objpose hand-eye` from each kind of file to the camera's place; files that are none are refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result

from objpose.calibration import HandEyeSamples, parse_board
from objpose.geometry import SE3
from objpose.io import write_image
from objpose.io.hand_eye_files import read_robot_stops
from tests.calibration.board_photos import CAMERA, photo, tilted
from tests.calibration.stops import stops

Run = Callable[..., Result]
MOUNT_FROM_CAM = SE3.exp(torch.tensor([0.05, -0.02, 0.08, 0.1, 0.2, 1.4], dtype=torch.float64))
REST_FROM_BOARD = SE3.exp(torch.tensor([0.5, 0.1, 0.2, 1.0, 0.3, 0.2], dtype=torch.float64))


def found_in(path: Path, name: str) -> SE3:
    return SE3.from_matrix(torch.tensor(json.loads(path.read_text())[name], dtype=torch.float64))


def apart(first: SE3, second: SE3) -> float:
    """Metres or radians, the larger."""
    return float((first.inverse() @ second).log().abs().max())


def as_members(samples: HandEyeSamples, metres: float) -> list[dict]:
    """In the three ways to write a rotation, in turn."""
    stored = []
    for robot, board in zip(samples.base_from_gripper, samples.cam_from_board, strict=True):
        w, *xyz = robot.rotation.wxyz.tolist()
        stored.append(
            {
                "base_from_gripper": {
                    "translation": (robot.translation / metres).tolist(),
                    "quaternion_xyzw": [*xyz, w],
                },
                "board_from_cam": {
                    "translation": (board.inverse().translation / metres).tolist(),
                    "rotation_vector": board.inverse().rotation.log().tolist(),
                },
            }
        )
    return stored


def test_json_of_poses_in_millimetres(objpose_command: Run, tmp_path: Path) -> None:
    truth, samples = stops("to-hand", 10, seed=3)
    (tmp_path / "stops.json").write_text(json.dumps({"unit": "mm", "samples": as_members(samples, 1e-3)}))
    out = tmp_path / "answer.json"
    result = objpose_command("hand-eye", tmp_path / "stops.json", "--eye", "to-hand", "--out", out)
    assert result.exit_code == 0, result.output
    assert apart(truth, found_in(out, "base_from_cam")) < 1e-5
    for part in (
        "eye to hand: the camera stands still",
        "base_from_cam: from points of the camera",
        "left out",
    ):
        assert part in result.stdout


def test_a_table_of_poses(objpose_command: Run, tmp_path: Path) -> None:
    truth, samples = stops("in-hand", 8, seed=4)
    with (tmp_path / "stops.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        parts = ["x", "y", "z", "qw", "qx", "qy", "qz"]
        frames = ("base_from_gripper", "cam_from_board")
        writer.writerow(["name", *(f"{one}.{part}" for one in frames for part in parts)])
        for number in range(8):
            pair = samples.base_from_gripper[number], samples.cam_from_board[number]
            numbers = [[*one.translation.tolist(), *one.rotation.wxyz.tolist()] for one in pair]
            writer.writerow([f"stop {number}", *numbers[0], *numbers[1]])
    out = tmp_path / "answer.json"
    result = objpose_command("hand-eye", tmp_path / "stops.csv", "--eye", "in-hand", "--out", out)
    assert result.exit_code == 0, result.output
    assert apart(truth, found_in(out, "gripper_from_cam")) < 1e-5


def test_corners_in_pixels(objpose_command: Run, tmp_path: Path) -> None:
    grid = 0.03 * torch.cartesian_prod(torch.arange(8.0), torch.arange(5.0), torch.zeros(1)).double()
    boards = tilted(9, (0.105, 0.06), seed=2)
    generator = torch.Generator().manual_seed(0)
    robot = REST_FROM_BOARD @ boards.inverse() @ MOUNT_FROM_CAM.inverse()
    samples = [
        {
            "base_from_gripper": hand.matrix().tolist(),
            "corners": {
                "points": grid.tolist(),
                "pixels": (
                    CAMERA.project(board.apply(grid)) + 0.2 * torch.randn(40, 2, generator=generator)
                ).tolist(),
            },
        }
        for hand, board in zip(robot, boards, strict=True)
    ]
    camera = {"K": CAMERA.K.tolist(), "width": 640, "height": 480}
    (tmp_path / "stops.json").write_text(json.dumps({"camera": camera, "samples": samples}))
    out = tmp_path / "answer.json"
    result = objpose_command("hand-eye", tmp_path / "stops.json", "--eye", "in-hand", "--out", out)
    assert result.exit_code == 0, result.output
    assert apart(MOUNT_FROM_CAM, found_in(out, "gripper_from_cam")) < 3e-3


def test_a_folder_of_photos(objpose_command: Run, tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="boards are found by OpenCV")
    words, folder = "chessboard:8x5:0.03", tmp_path / "photos"
    boards = tilted(8, (0.105, 0.06), seed=5)
    robot = REST_FROM_BOARD @ boards.inverse() @ MOUNT_FROM_CAM.inverse()
    poses = []
    for number, (hand, board) in enumerate(zip(robot, boards, strict=True)):
        write_image(folder / f"{number}.png", photo(parse_board(words), board))
        poses.append({"name": f"{number}.png", "base_from_gripper": hand.matrix().tolist()})
    (folder / "robot_poses.json").write_text(json.dumps(poses))
    (tmp_path / "camera.json").write_text(json.dumps({"K": CAMERA.K.tolist(), "width": 640, "height": 480}))
    command = ["hand-eye", folder, "--eye", "in-hand", "--out", tmp_path / "answer.json"]
    result = objpose_command(*command, "--board", words, "--camera", tmp_path / "camera.json")
    assert result.exit_code == 0, result.output
    assert apart(MOUNT_FROM_CAM, found_in(tmp_path / "answer.json", "gripper_from_cam")) < 3e-3
    refused = objpose_command(*command, "--board", words)
    assert refused.exit_code == 2 and "no camera" in refused.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "no stops"),
        ('[{"base_from_gripper": [[1,0,0,0],[0,1,0,0],[0,0,-1,0],[0,0,0,1]]}]', "determinant -1"),
        ('[{"robot": 1}]', "a member 'robot'"),
        ('[{"cam_from_board": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]', "base_from_gripper"),
        ('[{"base_from_gripper": {"translation": [0,0,0], "quaternion_wxyz": [1,1,0,0]}}]', "length 1.41"),
        ('[{"base_from_gripper": {"translation": [0,0,0], "euler": [1,1,0]}}]', "quaternion_wxyz"),
        ('{"unit": "cm", "samples": []}', "m or mm"),
        ('[{"base_from_gripper": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]', "no board"),
    ],
)
def test_files_that_are_none_are_refused(
    objpose_command: Run, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "stops.json").write_text(content)
    out = tmp_path / "answer.json"
    result = objpose_command("hand-eye", tmp_path / "stops.json", "--eye", "in-hand", "--out", out)
    assert result.exit_code == 2 and said in result.stderr and not out.exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("base_from_gripper.x\n1\n", "complete the columns"),
        ("hand.x\n1\n", "columns of hand"),
        ("base_from_gripper.x\none\n", "a finite number"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "stops.csv").write_text(table)
    with pytest.raises(ValueError, match=said):
        read_robot_stops(tmp_path / "stops.csv")
