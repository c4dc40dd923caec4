"""Camera codes: for the photo's own camera, around an orbit, and under a change of the world."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.geometry import SE3, Camera
from objpose.splatting.novel.camera_code import CODES

CAMERA = Camera.from_K([[100, 0, 31.5], [0, 100, 31.5], [0, 0, 1]], 64, 64)
MIDDLE = torch.tensor([0.2, -0.1, 0.3])


def orbiting(azimuth: float, polar: float, distance: float) -> SE3:
    """cam_from_world that looks at the middle; world z is up, angles in degrees."""
    a, p = math.radians(azimuth), math.radians(polar)
    away = torch.tensor([math.sin(p) * math.cos(a), math.sin(p) * math.sin(a), math.cos(p)])
    forward = -away
    right = torch.nn.functional.normalize(torch.linalg.cross(forward, torch.tensor([0.0, 0.0, 1.0])), dim=0)
    rotation = torch.stack([right, torch.linalg.cross(forward, right), forward])
    return SE3.from_rotation_translation(rotation, -rotation @ (MIDDLE + distance * away))


@pytest.mark.parametrize("numbers", CODES)
def test_the_world_s_own_frame_does_not_count(numbers: int) -> None:
    one, other = orbiting(10, 90, 2.0), orbiting(35, 70, 2.5)
    code = CODES[numbers](CAMERA, one, CAMERA, other, MIDDLE)
    assert code.shape == (numbers,)
    world = SE3.exp(torch.tensor([0.3, -0.2, 0.5, 0.4, 0.1, -0.7]))
    back = world.inverse()
    moved = CODES[numbers](CAMERA, one @ back, CAMERA, other @ back, world.apply(MIDDLE))
    torch.testing.assert_close(code, moved, atol=1e-4, rtol=0)


def test_an_orbit_is_told_by_its_angles() -> None:
    code = CODES[4](CAMERA, orbiting(10, 90, 2.0), CAMERA, orbiting(40, 75, 3.0), MIDDLE)
    turn = math.radians(30)
    wanted = torch.tensor([math.radians(-15), math.sin(turn), math.cos(turn), 0.5])
    torch.testing.assert_close(code, wanted, atol=1e-4, rtol=0)


def test_the_photo_s_own_camera_is_no_change() -> None:
    own = orbiting(10, 60, 2.0)
    full = CODES[18](CAMERA, own, CAMERA, own, MIDDLE)
    torch.testing.assert_close(full[:16].view(4, 4), torch.eye(4), atol=1e-5, rtol=0)
    zoomed = Camera.from_K([[200, 0, 31.5], [0, 200, 31.5], [0, 0, 1]], 64, 64)
    ratio = CODES[18](CAMERA, own, zoomed, own, MIDDLE)[16:]
    torch.testing.assert_close(ratio, torch.full((2,), math.log(2)), atol=1e-5, rtol=0)
