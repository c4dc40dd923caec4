"""Hand-eye calibration: exact data give the truth, other conventions are named, too little is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from objpose.calibration import HandEyeSamples, calibrate_hand_eye
from objpose.calibration.motions import motions_between
from objpose.calibration.readings import _mirrored, _rolled, _transposed
from objpose.calibration.residuals import Chain, moved
from objpose.calibration.samples import EYES, Eye, Setup
from objpose.errors import InputError, InputWarning
from objpose.geometry import SE3
from tests.calibration.stops import EXACT, STATED, stops

both_eyes = pytest.mark.parametrize("eye", EYES)


def off(truth: SE3, found: SE3) -> tuple[float, float]:
    """Millimetres and degrees."""
    apart = truth.inverse() @ found
    return 1e3 * float(apart.translation.norm()), math.degrees(float(apart.rotation.angle()))


def scaled(transforms: SE3, factor: float) -> SE3:
    return SE3.from_rotation_translation(transforms.rotation, factor * transforms.translation)


@both_eyes
def test_exact_stops_give_the_truth(eye: Eye) -> None:
    truth, samples = stops(eye, 8, seed=1)
    answer = calibrate_hand_eye(samples, eye)
    assert max(off(truth, answer.mount_from_cam)) < 1e-4
    assert float(answer.left_out_shift.max()) < 1e-6
    assert answer.name == ("gripper_from_cam" if eye == "in-hand" else "base_from_cam")


def test_noise_of_1_mm_and_a_fifth_of_a_degree_is_borne_and_the_covariance_says_how() -> None:
    """Squared errors in standard deviations are 6 on average."""
    errors, squared, foretold = [], [], []
    for seed in range(12):
        truth, samples = stops(EYES[seed % 2], 12, seed, robot=(5e-4, math.radians(0.1)), board=STATED)
        answer = calibrate_hand_eye(samples, EYES[seed % 2])
        errors.append(off(truth, answer.mount_from_cam))
        foretold.append(1e3 * 3**0.5 * answer.sigma_shift)
        twist = (truth @ answer.mount_from_cam.inverse()).log()
        squared.append(float(twist @ torch.linalg.inv(answer.covariance) @ twist))
    shift, turn = torch.tensor(errors).median(0).values.tolist()
    assert shift < 2.0 and turn < 0.3
    assert 0.5 < torch.tensor(errors)[:, 0].norm() / torch.tensor(foretold).norm() < 1.5
    assert 3.0 < sum(squared) / len(squared) < 12.0


def test_eye_to_hand_is_eye_in_hand_with_the_robot_turned_inside_out() -> None:
    truth, samples = stops("to-hand", 9, seed=4, board=STATED)
    inside_out = replace(samples, base_from_gripper=samples.base_from_gripper.inverse())
    straight = calibrate_hand_eye(samples, "to-hand").mount_from_cam
    other = calibrate_hand_eye(inside_out, "in-hand").mount_from_cam
    assert max(off(straight, other)) < 2.0  # but for the frame that the robot's own errors are in
    assert max(off(truth, straight)) < 5.0


def test_a_tool_set_at_the_gripper_moves_the_answer_along() -> None:
    _, samples = stops("in-hand", 10, seed=5, board=STATED)
    gripper_from_tool = SE3.exp(torch.tensor([0.0, 0.1, 0.2, 0.3, -0.4, 1.0], dtype=torch.float64))
    with_tool = replace(samples, base_from_gripper=samples.base_from_gripper @ gripper_from_tool)
    plain = calibrate_hand_eye(samples, "in-hand").mount_from_cam
    tool_from_cam = calibrate_hand_eye(with_tool, "in-hand").mount_from_cam
    assert max(off(plain, gripper_from_tool @ tool_from_cam)) < 0.5


@both_eyes
def test_samples_that_slipped_are_found_and_left_out(eye: Eye) -> None:
    truth, samples = stops(eye, 14, seed=2, board=STATED)
    slipped = samples.cam_from_board.wxyz_xyz.clone()
    slipped[[3, 9], 4:] += torch.tensor([0.05, -0.04, 0.03], dtype=torch.float64)
    answer = calibrate_hand_eye(replace(samples, cam_from_board=SE3(slipped)), eye)
    assert [name for name, agrees in zip(answer.names, answer.agrees, strict=True) if not agrees] == [
        "3",
        "9",
    ]
    assert off(truth, answer.mount_from_cam)[0] < 5.0
    assert float(answer.left_out_shift[3]) > 0.04


def test_base_from_cam_of_a_camera_in_the_hand_needs_the_hand() -> None:
    truth, samples = stops("in-hand", 8, seed=1)
    answer = calibrate_hand_eye(samples, "in-hand")
    here = samples.base_from_gripper[0]
    assert max(off(here @ truth, answer.base_from_cam(here))) < 1e-4
    with pytest.raises(InputError, match="base_from_gripper"):
        answer.base_from_cam()


@both_eyes
def test_the_jacobian_is_that_of_the_misses(eye: Eye) -> None:
    truth, samples = stops(eye, 7, seed=3, robot=(1e-6, 1e-6))
    chain = Chain.of(samples, Setup(eye))
    rest_from_board = (chain.mount_from_rest.inverse() @ truth @ samples.cam_from_board)[0]
    here = torch.cat([truth.wxyz_xyz, rest_from_board.wxyz_xyz])[None]
    unit = torch.eye(6, dtype=torch.float64).expand(1, 7, 6, 6)
    gradient = chain.linearize(here, unit, torch.ones(1, 7, dtype=torch.float64), 1e6)
    step = 1e-4 * torch.eye(12, dtype=torch.float64)
    there = chain.misses(moved(here.expand(12, -1), step)) - chain.misses(moved(here.expand(12, -1), -step))
    jacobian = (there / 2e-4).flatten(1).mT
    assert torch.allclose(gradient.normal[0], jacobian.mT @ jacobian, atol=1e-3)


# What is not as it was said.


@pytest.mark.parametrize(
    ("side", "change", "named"),
    [
        ("base_from_gripper", SE3.inverse, "gripper_from_base under the name of base_from_gripper"),
        ("cam_from_board", SE3.inverse, "board_from_cam under the name of cam_from_board"),
        ("base_from_gripper", _mirrored, "base_from_gripper mirrored: of a left-handed frame"),
        ("cam_from_board", _mirrored, "cam_from_board mirrored"),
        ("base_from_gripper", lambda given: _rolled(given, -1), r"\(x, y, z, w\) taken for \(w, x, y, z\)"),
        ("cam_from_board", lambda given: _rolled(given, 1), r"\(w, x, y, z\) taken for \(x, y, z, w\)"),
        ("cam_from_board", _transposed, "cam_from_board of transposed rotations"),
    ],
)
def test_another_convention_is_named(
    side: str, change: Callable[[SE3], SE3], named: str, eye: Eye = "to-hand"
) -> None:
    _, samples = stops(eye, 12, seed=6, robot=STATED, board=STATED)
    wrong = replace(samples, **{side: change(getattr(samples, side))})
    with pytest.raises(InputError, match=named):
        calibrate_hand_eye(wrong, eye)


@both_eyes
def test_the_other_setup_is_named(eye: Eye) -> None:
    _, samples = stops(eye, 12, seed=7, robot=STATED, board=STATED)
    other = EYES[1 - EYES.index(eye)]
    with pytest.raises(InputError, match=f"the other setup.*eye='{eye}'"):
        calibrate_hand_eye(samples, other)


@pytest.mark.parametrize(
    ("board", "robot", "said"),
    [
        (1e3, 1.0, "the board's are millimetres"),
        (1.0, 1e3, "m from the base"),
        (1e3, 1e3, "m from the base"),
        (0.8, 1.0, "squares seem 1.2"),
    ],
)
def test_another_unit_is_named(board: float, robot: float, said: str) -> None:
    _, samples = stops("in-hand", 12, seed=8, board=STATED)
    wrong = HandEyeSamples(scaled(samples.base_from_gripper, robot), scaled(samples.cam_from_board, board))
    with pytest.raises(InputError, match=said):
        calibrate_hand_eye(wrong, "in-hand")


@both_eyes
def test_both_sides_inverted_are_doubted(eye: Eye) -> None:
    """The chain closes as well, with camera and board in each other's place."""
    _, samples = stops(eye, 10, seed=13)
    robot, board = samples.base_from_gripper.inverse(), samples.cam_from_board.inverse()
    turned = SE3.from_matrix(torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64)))
    board = (
        turned @ board if float(board.translation[:, 2].median()) < 0 else board
    )  # as a board's z may lead either way
    with pytest.warns(InputWarning, match="both sides are inverted"):
        calibrate_hand_eye(HandEyeSamples(robot, board), eye)


def test_the_likeliest_reading_comes_first() -> None:
    """By how near to the hand the camera would be; both explain the samples alike."""
    _, samples = stops("in-hand", 12, seed=6, robot=STATED, board=STATED)
    with pytest.raises(InputError, match="found base_from_gripper inverted.*or the other setup.*likeliest"):
        calibrate_hand_eye(replace(samples, base_from_gripper=samples.base_from_gripper.inverse()), "in-hand")
    with pytest.raises(InputError, match="found cam_from_board inverted"):
        calibrate_hand_eye(replace(samples, cam_from_board=samples.cam_from_board.inverse()), "in-hand")


def test_a_board_printed_a_little_smaller_is_said() -> None:
    _, samples = stops("in-hand", 12, seed=8, board=(1e-4, 1e-4))
    with pytest.warns(InputWarning, match="multiplied by 0.9"):
        calibrate_hand_eye(replace(samples, cam_from_board=scaled(samples.cam_from_board, 1.05)), "in-hand")


def test_axes_of_opengl_are_named() -> None:
    _, samples = stops("in-hand", 12, seed=8, board=STATED)
    flip = SE3.from_matrix(torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64)))
    with pytest.raises(InputError, match="OpenGL"):
        calibrate_hand_eye(replace(samples, cam_from_board=flip @ samples.cam_from_board), "in-hand")


@both_eyes
def test_robot_and_board_that_do_not_belong_together_are_refused(eye: Eye) -> None:
    _, samples = stops(eye, 12, seed=9)
    shuffled = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    with pytest.raises(InputError, match="move as one"):
        calibrate_hand_eye(replace(samples, cam_from_board=samples.cam_from_board[shuffled]), eye)


# What says too little.


@both_eyes
@pytest.mark.parametrize("noise", [EXACT, STATED])
def test_turns_about_one_axis_are_refused(eye: Eye, noise: tuple[float, float]) -> None:
    axis = torch.tensor([0.0, 0.0, 1.0])
    _, samples = stops(eye, 12, seed=10, robot=noise, board=noise, about=axis)
    with pytest.raises(InputError, match="about one axis.*tilt the hand about another"):
        calibrate_hand_eye(samples, eye)


@both_eyes
def test_small_turns_are_refused(eye: Eye) -> None:
    _, samples = stops(eye, 12, seed=11, board=STATED, tilts=(0.0, math.radians(4)))
    with pytest.raises(InputError, match="turn the hand by 30 degrees or more"):
        calibrate_hand_eye(samples, eye)


def test_few_samples_are_refused() -> None:
    _, samples = stops("in-hand", 5, seed=12)
    with pytest.raises(InputError, match="found 5, expected at least 6; take 12 to 15"):
        calibrate_hand_eye(samples, "in-hand")


def test_turns_that_are_too_small_or_near_half_a_turn_are_dropped() -> None:
    angles = torch.tensor([0.0, 5.0, 40.0, 178.0], dtype=torch.float64)
    turns = SE3.exp(torch.nn.functional.pad(torch.deg2rad(angles)[:, None], (5, 0)))
    kept = motions_between(turns, turns.inverse()).pairs.tolist()
    assert kept == [[0, 2], [1, 2], [2, 3]]


def test_samples_must_be_pairs() -> None:
    _, samples = stops("in-hand", 8, seed=0)
    with pytest.raises(InputError, match="7 robot poses and 8 board poses"):
        HandEyeSamples(samples.base_from_gripper[:7], samples.cam_from_board)
