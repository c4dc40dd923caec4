"""What a hand-eye calibration is made from, and the chain of frames that closes over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3

Eye = Literal["in-hand", "to-hand"]
EYES: tuple[Eye, ...] = ("in-hand", "to-hand")


@dataclass(frozen=True, eq=False)
class HandEyeSamples:
    """Stops of a robot, at each of which the camera saw the board (or any object whose pose was estimated).

    base_from_gripper: (N,) what the robot says; cam_from_board: (N,) what the camera saw; metres.
    names: (N,) of the samples, for messages.
    board_covariance: (N, 6, 6) of cam_from_board, of the right perturbation cam_from_board @ exp((v, w)), up
        to one factor; None where nothing is known of it.
    """

    base_from_gripper: SE3
    cam_from_board: SE3
    names: tuple[str, ...] = ()
    board_covariance: Float[Tensor, "N 6 6"] | None = None

    def __post_init__(self) -> None:
        for what in ("base_from_gripper", "cam_from_board"):
            transforms = getattr(self, what).to(torch.float64)
            if len(transforms.batch_shape) != 1 or not bool(transforms.wxyz_xyz.isfinite().all()):
                found = f"shape {tuple(transforms.batch_shape)}, or values that are no numbers"
                raise InputError(what, found, "an SE3 of (N,) finite transforms", "give one for each sample")
            object.__setattr__(self, what, transforms.normalized())
        robot, board = len(self.base_from_gripper), len(self.cam_from_board)
        if robot != board:
            found = f"{robot} robot poses and {board} board poses"
            raise InputError("samples", found, "as many of each", "leave out stops at which one is missing")
        object.__setattr__(self, "names", self.names or tuple(str(number) for number in range(robot)))

    def __len__(self) -> int:
        return len(self.base_from_gripper)

    def __getitem__(self, index: Any) -> HandEyeSamples:
        """Some of the samples, by a mask or indices (n,)."""
        chosen = torch.arange(len(self))[index]
        covariance = None if self.board_covariance is None else self.board_covariance[chosen]
        names = tuple(self.names[i] for i in chosen.tolist())
        return HandEyeSamples(self.base_from_gripper[chosen], self.cam_from_board[chosen], names, covariance)


@dataclass(frozen=True)
class Setup:
    """Which frames the chain `rest_from_mount @ mount_from_cam @ cam_from_board = rest_from_board` runs over.

    The camera sits on the mount, the board on the rest. Eye in hand: the mount is the gripper, the rest the
    robot's base. Eye to hand: the mount is the base, and the board rests on the gripper.
    """

    eye: Eye

    def __post_init__(self) -> None:
        if self.eye not in EYES:
            cure = "in-hand: the camera moves with the gripper; to-hand: the board does"
            raise InputError("eye", repr(self.eye), f"one of {', '.join(EYES)}", cure)

    @property
    def mount(self) -> str:
        return "gripper" if self.eye == "in-hand" else "base"

    @property
    def rest(self) -> str:
        return "base" if self.eye == "in-hand" else "gripper"

    @property
    def words(self) -> str:
        """Who stands and who moves, for people."""
        if self.eye == "in-hand":
            return "eye in hand: the camera moves with the gripper, the board stands still"
        return "eye to hand: the camera stands still, the board moves with the gripper"

    def rest_from_mount(self, base_from_gripper: SE3) -> SE3:
        return base_from_gripper if self.eye == "in-hand" else base_from_gripper.inverse()

    def board_from_gripper(self, base_from_gripper: SE3, rest_from_board: SE3) -> SE3:
        """(*, N) at each sample, of the robot's poses (N,) and the constant (*,)."""
        board_from_rest = rest_from_board.inverse()[..., None]
        if self.eye == "in-hand":
            return board_from_rest @ base_from_gripper
        return board_from_rest @ SE3.identity(base_from_gripper.batch_shape, torch.float64)
