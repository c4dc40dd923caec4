"""By how much the chain of frames does not close at each sample, weighed by what robot and camera may err."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.calibration.samples import HandEyeSamples, Setup
from objpose.geometry import SE3, NormalEquations
from objpose.robust.losses import tukey

Unknowns = Tensor  # (B, 14): wxyz_xyz of mount_from_cam, then of rest_from_board


@dataclass(frozen=True, eq=False)
class Chain:
    """The samples of a setup; transforms (N,)."""

    setup: Setup
    base_from_gripper: SE3
    mount_from_rest: SE3
    board_from_cam: SE3

    @staticmethod
    def of(samples: HandEyeSamples, setup: Setup) -> Chain:
        robot = samples.base_from_gripper
        mount_from_rest = setup.rest_from_mount(robot).inverse()
        return Chain(setup, robot, mount_from_rest, samples.cam_from_board.inverse())

    def misses(self, unknowns: Unknowns) -> Tensor:
        """(B, N, 6) twists in the board's frame from where it was seen to where the chain puts it."""
        mount_from_cam, rest_from_board = transforms_of(unknowns)
        seen_from_told = self.board_from_cam @ mount_from_cam[:, None].inverse() @ self.mount_from_rest
        return (seen_from_told @ rest_from_board[:, None]).log()

    def information(self, unknowns: Unknowns, board: Tensor, robot: Tensor) -> Tensor:
        """(B, N, 6, 6) of the misses.

        board: (N, 6, 6) or (6, 6) covariance of what was seen, right of cam_from_board; robot: (6, 6) of what
        the robot says, right of base_from_gripper: an error there moves the board by its distance, too.
        """
        _, rest_from_board = transforms_of(unknowns)
        carried = self.setup.board_from_gripper(self.base_from_gripper, rest_from_board).adjoint()
        return torch.linalg.inv(board + carried @ robot @ carried.mT)

    def linearize(
        self, unknowns: Unknowns, information: Tensor, weights: Tensor, reach: float
    ) -> NormalEquations:
        """In 12 unknowns, a left twist of mount_from_cam and a right one of rest_from_board.

        information: (B, N, 6, 6); weights: (B, N); reach: of Tukey's loss, in standard deviations.
        """
        misses = self.misses(unknowns)
        _, rest_from_board = transforms_of(unknowns)
        told = self.mount_from_rest @ rest_from_board[:, None]  # mount_from_board
        unmoved = torch.eye(6, dtype=misses.dtype).expand(*misses.shape, 6)
        jacobian = torch.cat([-told.inverse().adjoint(), unmoved], dim=-1)
        cost, loss_weight = tukey(squared_misses(misses, information), reach)
        weighted = (weights * loss_weight)[..., None, None] * information
        normal = (jacobian.mT @ weighted @ jacobian).sum(1)
        gradient = (jacobian.mT @ weighted @ misses[..., None])[..., 0].sum(1)
        return NormalEquations(normal, gradient, (weights * cost).sum(1))


def squared_misses(misses: Tensor, information: Tensor) -> Tensor:
    """(B, N) squared lengths of misses (B, N, 6) in standard deviations."""
    return (misses[..., None, :] @ information @ misses[..., None])[..., 0, 0]


def transforms_of(unknowns: Unknowns) -> tuple[SE3, SE3]:
    """mount_from_cam and rest_from_board, each (B,)."""
    return SE3(unknowns[..., :7]), SE3(unknowns[..., 7:])


def moved(unknowns: Unknowns, step: Tensor) -> Unknowns:
    """By twists (B, 12)."""
    mount_from_cam, rest_from_board = transforms_of(unknowns)
    first = (SE3.exp(step[..., :6]) @ mount_from_cam).normalized()
    second = (rest_from_board @ SE3.exp(step[..., 6:])).normalized()
    return torch.cat([first.wxyz_xyz, second.wxyz_xyz], dim=-1)
