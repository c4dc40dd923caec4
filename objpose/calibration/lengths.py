"""Lengths that cannot be metres, or do not fit each other; a board that lies behind the camera."""

from __future__ import annotations

from objpose.calibration.closed_form import Start
from objpose.calibration.samples import HandEyeSamples, Setup
from objpose.errors import InputError, warn_input
from objpose.geometry import SE3

SURELY = 0.1  # of the scale: lengths that are off by more are refused, by less only said
SIGNIFICANT = 4.0  # standard deviations
TOO_FAR = 20.0  # metres from base to gripper: those are millimetres
UNITS = {
    1e-3: "the board's are millimetres, the robot's metres: give both in metres",
    1e3: "the robot's are millimetres, the board's metres: give both in metres",
    1e-2: "the board's are centimetres, the robot's metres: give both in metres",
    0.0254: "the board's are inches, the robot's metres: give both in metres",
}
FAR_FROM_HAND = 0.5  # metres: what sits on a gripper, camera or board, is nearer


def check_reach(samples: HandEyeSamples) -> None:
    reach = float(samples.base_from_gripper.translation.norm(dim=-1).median())
    if reach > TOO_FAR:
        found = f"a gripper {reach:.0f} m from the base"
        raise InputError("base_from_gripper", found, "metres", 'divide by 1000, or say unit "mm"')


def check_scale(start: Start) -> None:
    """Of the board's lengths by the robot's."""
    off = abs(start.scale - 1)
    if off < SIGNIFICANT * start.scale_sigma or off < 0.01:
        return
    found = f"lengths that fit the robot's only when multiplied by {start.scale:.4g}"
    unit = next((cure for factor, cure in UNITS.items() if abs(start.scale / factor - 1) < SURELY), None)
    cure = unit or f"measure the board: its squares seem {start.scale:.4g} times as large as stated"
    wrong = "cam_from_board", found, "the lengths of the robot", cure
    if off > SURELY:
        raise InputError(*wrong)
    warn_input(*wrong)


def check_before_camera(cam_from_board: SE3) -> None:
    if float(cam_from_board.translation[:, 2].median()) < 0:
        found = "the board behind the camera (z < 0)"
        cure = "the axes are OpenGL's: turn cam_from_board by diag(1, -1, -1, 1) from the left"
        raise InputError("cam_from_board", found, "OpenCV axes: x right, y down, z forward", cure)


def held_at(mount_from_cam: SE3, rest_from_board: SE3, setup: Setup) -> float:
    """Metres from the gripper to what sits on it: the camera, or of a camera that stands the board."""
    held = mount_from_cam if setup.eye == "in-hand" else rest_from_board
    return float(held.translation.norm())


def check_held(mount_from_cam: SE3, rest_from_board: SE3, setup: Setup) -> None:
    """Warns of a camera or board far from the hand that holds it: as when *both* sides are inverted."""
    metres = held_at(mount_from_cam, rest_from_board, setup)
    if metres > FAR_FROM_HAND:
        what = "camera" if setup.eye == "in-hand" else "board"
        found, expected = f"the {what} {metres:.2f} m from the gripper", f"below {FAR_FROM_HAND:g} m"
        cure = "if it is not so far, both sides are inverted: name them gripper_from_base and board_from_cam"
        warn_input("samples", found, expected, cure)
