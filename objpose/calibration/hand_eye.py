"""Hand-eye calibration: where the camera sits on the gripper, or stands beside the robot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from objpose.calibration.closed_form import solve_closed_form
from objpose.calibration.lengths import check_held
from objpose.calibration.motions import check_count, check_turns, motions_between
from objpose.calibration.opencv_solvers import by_opencv
from objpose.calibration.readings import check_readings
from objpose.calibration.refinement import Fit, fitted, foretold_misses
from objpose.calibration.residuals import Chain, transforms_of
from objpose.calibration.samples import Eye, HandEyeSamples, Setup
from objpose.errors import InputError
from objpose.geometry import SE3, origin_and_turn_covariance


@dataclass(frozen=True)
class Noise:
    """How much each side errs, one standard deviation along an axis. Only the ratios matter to the answer.

    By default both err alike: where one of them does not err at all, the other's share of the weight is lost,
    which costs less than to be sure of the wrong one.
    """

    robot_m: float = 1e-3  # of where the robot says its gripper is
    robot_rad: float = math.radians(0.2)
    board_m: float = 1e-3  # of the board's pose, where the samples bring no covariance of their own
    board_rad: float = math.radians(0.2)

    def covariance(self, which: str) -> Tensor:
        """(6, 6) of the "robot" or the "board"."""
        metres, radians = getattr(self, f"{which}_m"), getattr(self, f"{which}_rad")
        return torch.tensor([metres] * 3 + [radians] * 3, dtype=torch.float64).square().diag()


@dataclass(frozen=True, eq=False)
class HandEye:
    """Where the camera is.

    Eye in hand: `mount_from_cam` is gripper_from_cam and `rest_from_board` is base_from_board. Eye to hand:
    base_from_cam and gripper_from_board. Metres; OpenCV camera axes.
    """

    setup: Setup
    mount_from_cam: SE3  # ()
    rest_from_board: SE3  # ()
    covariance: Float[Tensor, "6 6"]  # of the left perturbation exp((v, w)) @ mount_from_cam; metres, radians
    left_out_shift: Float[Tensor, " N"]  # metres: of each board from where the other samples foretell it
    left_out_turn: Float[Tensor, " N"]  # radians, likewise
    agrees: Tensor  # (N,) bool: False for samples that the others contradict, which count for nothing
    names: tuple[str, ...]  # (N,) of the samples
    motions: tuple[int, int]  # pairs of samples that turn by 10 to 170 degrees, of all pairs
    solvers: dict[str, SE3 | None]  # mount_from_cam by each of OpenCV's solvers, on the samples that agree

    @property
    def name(self) -> str:
        """Of the answer: "gripper_from_cam" or "base_from_cam"."""
        return f"{self.setup.mount}_from_cam"

    @property
    def sigma_shift(self) -> float:
        """Standard deviation of where the camera is, metres: root of the mean over the axes."""
        placed = origin_and_turn_covariance(self.mount_from_cam, self.covariance)
        return float(placed.diagonal()[:3].mean().sqrt())

    @property
    def sigma_turn(self) -> float:
        """The same of its rotation, radians."""
        return float(self.covariance.diagonal()[3:].mean().sqrt())

    def base_from_cam(self, base_from_gripper: SE3 | None = None) -> SE3:
        """Where the camera is in the robot's base. Eye in hand: while the gripper is at base_from_gripper."""
        if self.setup.eye == "to-hand":
            return self.mount_from_cam
        if base_from_gripper is None:
            cure = "give base_from_gripper, as the robot says it at the moment of the picture"
            raise InputError("base_from_gripper", "none", "where the hand that holds the camera is", cure)
        return base_from_gripper.to(self.mount_from_cam.wxyz_xyz) @ self.mount_from_cam


def calibrate_hand_eye(samples: HandEyeSamples, eye: Eye, noise: Noise = Noise()) -> HandEye:
    """Where the camera is, from stops of the robot and what the camera saw of a board at each.

    A closed form (Park & Martin 1994) on motions that turn by 10 to 170 degrees starts a robust least-squares
    fit of both constant transforms to all samples, in which robot and board err by `noise`, or the board as
    each sample says: with covariances from corners, their reprojection is what is minimised, to first order.

    Args:
        eye: "in-hand": the camera moves with the gripper, the board stands still; "to-hand": the camera
            stands still, the board moves with the gripper.

    Raises:
        InputError: too few samples, turns too small or about one axis alone; poses that are inverted,
            mirrored, of another unit or another order of quaternions than said, which is named.
    """
    setup = Setup(eye)
    check_count(len(samples))
    rest_from_mount = setup.rest_from_mount(samples.base_from_gripper)
    check_turns(samples.base_from_gripper, "gripper")
    check_turns(samples.cam_from_board, "board")
    check_readings(samples, setup)
    motions = motions_between(rest_from_mount, samples.cam_from_board)
    start = solve_closed_form(motions, rest_from_mount, samples.cam_from_board, free_scale=False)
    unknowns = torch.cat([start.mount_from_cam.wxyz_xyz, start.rest_from_board.wxyz_xyz])[None]
    board = samples.board_covariance
    board = noise.covariance("board") if board is None else board.double()
    chain = Chain.of(samples, setup)
    fit = fitted(chain, unknowns, board, noise.covariance("robot"))
    _check_agreement(fit, samples.names)
    return _answer(samples, setup, chain, fit, (len(motions), motions.pair_count))


def _answer(
    samples: HandEyeSamples, setup: Setup, chain: Chain, fit: Fit, motions: tuple[int, int]
) -> HandEye:
    mount_from_cam, rest_from_board = (transform[0] for transform in transforms_of(fit.unknowns))
    check_held(mount_from_cam, rest_from_board, setup)
    misses = foretold_misses(chain, fit)
    return HandEye(
        setup,
        mount_from_cam,
        rest_from_board,
        torch.linalg.inv(fit.normal)[:6, :6],
        misses[:, :3].norm(dim=-1),
        misses[:, 3:].norm(dim=-1),
        fit.agrees,
        samples.names,
        motions,
        by_opencv(samples[fit.agrees], setup),
    )


def _check_agreement(fit: Fit, names: tuple[str, ...]) -> None:
    count, total = int(fit.agrees.sum()), len(fit.agrees)
    if count < max(total / 2, 5):
        wrong = ", ".join(name for name, agrees in zip(names, fit.agrees.tolist(), strict=True) if not agrees)
        found = f"{count} of {total} that agree (not: {wrong})"
        raise InputError("samples", found, "most of them", "take them anew; see that nothing slips or moves")
