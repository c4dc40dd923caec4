"""Stops of a robot with known truth: a board seen from half a metre, the hand tilted every way."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.calibration import HandEyeSamples
from objpose.calibration.samples import Eye
from objpose.geometry import SE3, SO3

Noise = tuple[float, float]  # metres and radians along each axis, one standard deviation
EXACT: Noise = (0.0, 0.0)
STATED: Noise = (1e-3, math.radians(0.2))
TILTS = math.radians(20), math.radians(60)


def normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def stops(
    eye: Eye,
    count: int,
    seed: int,
    robot: Noise = EXACT,
    board: Noise = EXACT,
    tilts: tuple[float, float] = TILTS,
    about: Tensor | None = None,
) -> tuple[SE3, HandEyeSamples]:
    """The true mount_from_cam and the samples; about: (3,) the one axis of all turns, where there is one."""
    generator = torch.Generator().manual_seed(seed)
    mount_from_cam, rest_from_board = _constants(eye, generator)
    cam_from_board = _views(generator, count, tilts, about)
    rest_from_mount = rest_from_board @ cam_from_board.inverse() @ mount_from_cam.inverse()
    base_from_gripper = rest_from_mount if eye == "in-hand" else rest_from_mount.inverse()
    told = base_from_gripper @ _errors(generator, count, robot)
    return mount_from_cam, HandEyeSamples(told, cam_from_board @ _errors(generator, count, board))


def _constants(eye: Eye, generator: torch.Generator) -> tuple[SE3, SE3]:
    """A camera on the gripper and a board on the table, or the other way round."""
    on_gripper = SE3.exp(torch.cat([0.06 * normal(generator, 3), normal(generator, 3)]))
    reach = torch.tensor([0.6, 0.1, 0.3], dtype=torch.float64)
    by_base = SE3.exp(torch.cat([reach + 0.1 * normal(generator, 3), normal(generator, 3)]))
    return (on_gripper, by_base) if eye == "in-hand" else (by_base, on_gripper)


def _views(generator: torch.Generator, count: int, tilts: tuple[float, float], about: Tensor | None) -> SE3:
    axes = torch.nn.functional.normalize(normal(generator, count, 3), dim=-1)
    axes = axes if about is None else about.double().expand(count, 3) * axes[:, :1].sign()
    low, high = tilts
    angles = low + (high - low) * torch.rand(count, 1, generator=generator, dtype=torch.float64)
    places = torch.cat([0.05 * normal(generator, count, 2), 0.5 + 0.05 * normal(generator, count, 1)], dim=-1)
    return SE3.from_rotation_translation(SO3.exp(angles * axes), places)


def _errors(generator: torch.Generator, count: int, noise: Noise) -> SE3:
    metres, radians = noise
    return SE3.exp(
        torch.cat([metres * normal(generator, count, 3), radians * normal(generator, count, 3)], -1)
    )
