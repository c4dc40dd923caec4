"""Make what the robot examples read beside the scene: grasps of the can, and stops for hand-eye calibration.

A camera stands by a robot, whose base lies on the table with z up; its hand holds a board at twelve stops.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch

from objpose import SE3, SO3

DATA = Path(__file__).resolve().parent / "data"
ROBOT_NOISE, BOARD_NOISE = (5e-4, math.radians(0.1)), (1e-3, math.radians(0.2))  # metres, radians
DOWN = [[1, 0, 0], [0, -1, 0], [0, 0, -1]]  # a hand that comes from above, its fingers closing along y
FORWARD = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]  # ... from behind the handle
GRASPS = {
    "handle from above": (DOWN, [-0.085, 0.0, 0.118]),
    "handle from behind": (FORWARD, [-0.104, 0.0, 0.08]),
    "rim from above": ([[0, -1, 0], [-1, 0, 0], [0, 0, -1]], [0.0, 0.054, 0.11]),
}


def main() -> None:
    grasps = [
        {"name": name, "obj_from_gripper": _rows(rotation, place)}
        for name, (rotation, place) in GRASPS.items()
    ]
    (DATA / "grasps.json").write_text(json.dumps({"unit": "m", "grasps": grasps}, indent=1) + "\n")
    (DATA / "hand_eye_stops.json").write_text(json.dumps({"unit": "m", "samples": stops()}, indent=1) + "\n")


def base_from_cam() -> SE3:
    """True: the can stands half a metre before the robot, turned by 30 degrees."""
    truth = json.loads((DATA / "truth.json").read_text())["cam_from_obj"]
    cam_from_obj = SE3.from_matrix(torch.tensor(truth, dtype=torch.float64))
    turn = SO3.exp(torch.tensor([0.0, 0.0, math.radians(30)], dtype=torch.float64))
    base_from_obj = SE3.from_rotation_translation(turn, torch.tensor([0.5, 0.1, 0.0], dtype=torch.float64))
    return base_from_obj @ cam_from_obj.inverse()


def stops(count: int = 12) -> list[dict]:
    generator = torch.Generator().manual_seed(7)
    gripper_from_board = SE3.exp(torch.tensor([0.0, 0.03, 0.1, 0.1, -0.2, 0.4], dtype=torch.float64))
    axes = torch.nn.functional.normalize(
        torch.randn(count, 3, generator=generator, dtype=torch.float64), dim=-1
    )
    angles = math.radians(20) + math.radians(35) * torch.rand(
        count, 1, generator=generator, dtype=torch.float64
    )
    places = torch.tensor([0.0, 0.0, 0.6]) + 0.06 * torch.randn(count, 3, generator=generator)
    cam_from_board = SE3.from_rotation_translation(SO3.exp(angles * axes), places.double())
    base_from_gripper = base_from_cam() @ cam_from_board @ gripper_from_board.inverse()
    told = base_from_gripper @ _noise(ROBOT_NOISE, count, generator)
    seen = cam_from_board @ _noise(BOARD_NOISE, count, generator)
    pairs = zip(told, seen, strict=True)
    return [{"base_from_gripper": _of(robot), "cam_from_board": _of(board)} for robot, board in pairs]


def _noise(sigma: tuple[float, float], count: int, generator: torch.Generator) -> SE3:
    draws = torch.randn(count, 6, generator=generator, dtype=torch.float64)
    return SE3.exp(draws * torch.tensor([[sigma[0]] * 3 + [sigma[1]] * 3], dtype=torch.float64))


def _of(transform: SE3) -> dict[str, list[float]]:
    shift, turn = transform.translation.tolist(), transform.rotation.wxyz.tolist()
    return {"translation": [round(x, 6) for x in shift], "quaternion_wxyz": [round(x, 7) for x in turn]}


def _rows(rotation: list[list[int]], place: list[float]) -> list[list[float]]:
    return [[*row, shift] for row, shift in zip(rotation, place, strict=True)] + [[0, 0, 0, 1]]


if __name__ == "__main__":
    main()
