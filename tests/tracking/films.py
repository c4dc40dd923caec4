"""Short rendered films with known truth, which the tests of bodies and of the tracker share."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import torch

from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.tracking import TrackState
from tests.synthetic import CAMERA, HEIGHT, WIDTH, Flaws, about_centre, looking, make_scene, onboarded

CLUTTER = Flaws(clutter=True)
LENGTH = 24  # frames


@functools.cache
def path(name: str, length: int = LENGTH, seed: int = 1) -> tuple[SE3, ...]:
    """Carried and turned by a hand: a centimetre and some degrees a frame, in view."""
    poses = [looking(seed)]
    for frame in range(length - 1):
        a, b = math.sin(frame / 6 + seed), math.cos(frame / 5 + seed)
        step = torch.tensor([0.005 * a, 0.004 * b, 0.003 * a, 0.02 * b, 0.015 + 0.01 * a, -0.03 * a])
        poses.append(about_centre(onboarded(name), poses[-1], step))
    return tuple(poses)


@functools.cache
def film(name: str, length: int = LENGTH, seed: int = 1) -> tuple[Frame, ...]:
    """With depth, before a wall of tiles that stands still."""
    return tuple(
        make_scene(onboarded(name).mesh, pose, CLUTTER, seed).frame for pose in path(name, length, seed)
    )


def without_depth(frames: Sequence[Frame]) -> list[Frame]:
    return [frame.without_depth() for frame in frames]


@functools.cache
def bare(seed: int = 1) -> Frame:
    """The wall alone."""
    away = SE3.from_rotation_translation(torch.eye(3), torch.tensor([9.0, 0.0, 0.5]))
    return make_scene(onboarded("mug").mesh, away, CLUTTER, seed).frame


def black() -> Frame:
    """A lens with its cap on."""
    return Frame(torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8), CAMERA)


def millimetres(state: TrackState, truth: SE3) -> float:
    """The furthest that a point of its surface is off."""
    points = onboarded(state.object).surface.cloud.points[::10]
    return 1000 * float((state.cam_from_obj.apply(points) - truth.apply(points)).norm(dim=-1).max())
