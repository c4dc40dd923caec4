"""How evenly the grids cover rotations and directions."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.geometry import SE3, SO3, rotation_grid, view_directions, view_rotations
from tests.geometry.sampling import random_points


@pytest.mark.parametrize("n", [500, 4000])
def test_no_rotation_is_far_from_the_grid(n):
    """n balls of angle r fill a share n r^3 / (6 pi) of SO(3); r may be twice that of a perfect filling."""
    queries = SO3.random((3000,), torch.Generator().manual_seed(0))
    gaps = 2 * torch.acos((queries.wxyz @ rotation_grid(n).wxyz.mT).abs().max(-1).values.clamp(max=1))
    assert gaps.max() < 2 * (6 * math.pi / n) ** (1 / 3)


@pytest.mark.parametrize("n", [500, 4000])
def test_no_two_rotations_of_the_grid_are_close(n):
    wxyz = rotation_grid(n).wxyz.double()
    cosine = (wxyz @ wxyz.mT).abs().fill_diagonal_(0)
    assert 2 * torch.acos(cosine.max()) > 0.5 * (6 * math.pi / n) ** (1 / 3)


@pytest.mark.parametrize("n", [20, 162, 2000])
def test_no_direction_is_far_from_a_view(n):
    """n caps of radius 2 / sqrt n have the sphere's area; a good covering stays within 1.5 times that."""
    queries = torch.nn.functional.normalize(random_points((5000, 3), 0, torch.float32), dim=-1)
    gaps = torch.acos((queries @ view_directions(n).mT).max(-1).values.clamp(max=1))
    assert gaps.max() < 1.5 * 2 / math.sqrt(n)


def test_directions_are_unit():
    torch.testing.assert_close(view_directions(1000).norm(dim=-1), torch.ones(1000))


@pytest.mark.parametrize("n_views", [1, 7, 60])
def test_cameras_look_at_the_origin_from_their_direction(n_views):
    rotations = view_rotations(n_views, 4)
    distance = torch.tensor([0.0, 0.0, 2.0])
    cam_from_obj = SE3.from_rotation_translation(rotations, distance)
    centres = cam_from_obj.inverse().translation.reshape(n_views, 4, 3)
    torch.testing.assert_close(
        centres, 2 * view_directions(n_views)[:, None].expand(-1, 4, 3), rtol=0, atol=1e-5
    )
    torch.testing.assert_close(cam_from_obj @ torch.zeros(3), distance.expand(n_views * 4, 3))


def test_in_plane_turns_are_about_the_optical_axis():
    rotations = SO3(view_rotations(10, 6).wxyz.reshape(10, 6, 4))
    turns = rotations[:, 1:] @ rotations[:, :-1].inverse()
    expected = torch.tensor([0.0, 0.0, math.pi / 3]).expand(10, 5, 3)
    torch.testing.assert_close(turns.log(), expected, rtol=0, atol=1e-5)


def test_upright_views_have_object_z_up_in_the_image():
    up_in_cam = view_rotations(50, 1) @ torch.tensor([0.0, 0.0, 1.0])
    assert (up_in_cam[:, 1] < 0).all()
    assert up_in_cam[:, 0].abs().max() < 1e-6
