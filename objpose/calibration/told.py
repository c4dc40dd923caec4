"""A calibrated camera in words, and as the members of a file."""

from __future__ import annotations

import math

import torch

from objpose.calibration.hand_eye import HandEye
from objpose.calibration.opencv_solvers import why_no_solvers
from objpose.geometry import SE3

AXES = "x right, y down, z forward"


def words_of(answer: HandEye) -> list[str]:
    """Lines for people: what was solved, the frames, how sure it is, who disagrees."""
    setup, transform = answer.setup, answer.mount_from_cam
    x, y, z = (f"{1e3 * value:.1f}" for value in transform.translation.tolist())
    quaternion = ", ".join(f"{value:.5f}" for value in transform.rotation.wxyz.tolist())
    used, total = int(answer.agrees.sum()), len(answer.names)
    lines = [
        setup.words,
        f"{answer.name}: from points of the camera ({AXES}) to the {setup.mount}; "
        f"{setup.rest}_from_board is taken to be the same at all stops",
        f"the camera is at x {x}, y {y}, z {z} mm of the {setup.mount}, quaternion wxyz ({quaternion})",
        f"one sigma: {1e3 * answer.sigma_shift:.2f} mm and {math.degrees(answer.sigma_turn):.3f} deg an axis",
        f"{used} of {total} samples agree; {answer.motions[0]} of {answer.motions[1]} motions between two "
        "turn by 10 to 170 deg",
        _left_out(answer),
    ]
    wrong = [name for name, agrees in zip(answer.names, answer.agrees.tolist(), strict=True) if not agrees]
    if wrong:
        lines.append(f"left out, as the others contradict them: {', '.join(wrong)}")
    return lines + _solvers(answer)


def record_of(answer: HandEye) -> dict[str, object]:
    """For a JSON file; metres, radians, (w, x, y, z)."""
    setup = answer.setup
    return {
        "eye": answer.setup.eye,
        answer.name: answer.mount_from_cam.matrix().tolist(),
        f"{setup.rest}_from_board": answer.rest_from_board.matrix().tolist(),
        "covariance": answer.covariance.tolist(),
        "covariance_of": f"(vx, vy, vz, wx, wy, wz) of exp(twist) @ {answer.name}, metres and radians",
        "samples": [
            {"name": name, "agrees": agrees, "left_out_mm": 1e3 * shift, "left_out_deg": math.degrees(turn)}
            for name, agrees, shift, turn in zip(
                answer.names,
                answer.agrees.tolist(),
                answer.left_out_shift.tolist(),
                answer.left_out_turn.tolist(),
                strict=True,
            )
        ],
        "solvers": {
            name: None if found is None else found.matrix().tolist() for name, found in answer.solvers.items()
        },
    }


def _left_out(answer: HandEye) -> str:
    shift, turn = 1e3 * answer.left_out_shift, torch.rad2deg(answer.left_out_turn)
    worst = int(shift.argmax())
    return (
        f"left out, a sample is {float(shift.median()):.2f} mm and {float(turn.median()):.3f} deg off, "
        f"worst {float(shift[worst]):.2f} mm and {float(turn[worst]):.3f} deg (sample {answer.names[worst]})"
    )


def _solvers(answer: HandEye) -> list[str]:
    if why_not := why_no_solvers():
        return [f"no other solvers to compare with: {why_not}"]
    told = [f"{name} {_apart(answer.mount_from_cam, found)}" for name, found in answer.solvers.items()]
    return [f"OpenCV's solvers, apart from this: {', '.join(told)}"]


def _apart(ours: SE3, found: SE3 | None) -> str:
    if found is None:
        return "fails"
    off = ours.inverse() @ found
    degrees = math.degrees(float(off.rotation.angle()))
    return f"{1e3 * float(off.translation.norm()):.1f} mm {degrees:.2f} deg"
