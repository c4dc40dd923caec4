"""How pixels and points move with a twist: rows against finite differences."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, SO3, moved_about, pixel_rows, products, twist_row

K = torch.tensor([[500.0, 0, 310.0], [0, 560.0, 250.0], [0, 0, 1]], dtype=torch.float64)
CENTRE = torch.tensor([0.02, -0.01, 0.03], dtype=torch.float64)
STEP = 1e-6


def posed(count: int = 30) -> tuple[SE3, Tensor]:
    """A pose and points, float64, that the camera sees."""
    generator = torch.Generator().manual_seed(0)
    rotation = SO3.random((), generator).to(torch.float64)
    shift = torch.tensor([0.05, -0.08, 0.6], dtype=torch.float64)
    points = 0.1 * torch.randn(count, 3, generator=generator, dtype=torch.float64)
    return SE3.from_rotation_translation(rotation, shift), points


def moved_points(cam_from_obj: SE3, points: Tensor, twist: Tensor) -> Tensor:
    params = cam_from_obj.wxyz_xyz.expand(len(twist), 7)
    return SE3(moved_about(CENTRE, params, twist)).apply_points(points)


def differences(values: Tensor) -> Tensor:
    """(..., 6) of values (12, ...) at +STEP and -STEP along each tangent axis."""
    forward, backward = values.chunk(2)
    return ((forward - backward) / (2 * STEP)).movedim(0, -1)


MOVES = torch.cat([STEP * torch.eye(6, dtype=torch.float64), -STEP * torch.eye(6, dtype=torch.float64)])


def test_twist_rows_are_the_derivatives_of_moved_points() -> None:
    cam_from_obj, points = posed()
    arm = cam_from_obj.apply_points(points) - cam_from_obj.apply(CENTRE)
    expected = differences(moved_points(cam_from_obj, points, MOVES))
    for axis in range(3):
        direction = torch.eye(3, dtype=torch.float64)[axis].expand_as(arm)
        torch.testing.assert_close(twist_row(direction.T, arm.T).T, expected[:, axis], rtol=1e-6, atol=1e-8)


def test_pixel_rows_are_the_derivatives_of_projections() -> None:
    """With unequal focal lengths: FoundPose's code takes their mean (pitfall d)."""
    cam_from_obj, points = posed()
    seen = cam_from_obj.apply_points(points)
    moved = moved_points(cam_from_obj, points, MOVES)
    pixels = (moved / moved[..., 2:] @ K.mT)[..., :2]
    arm = seen - cam_from_obj.apply(CENTRE)
    along_u, along_v = pixel_rows(K, (seen / seen[:, 2:]).T, seen[:, 2], arm.T)
    expected = differences(pixels)
    torch.testing.assert_close(along_u.T, expected[:, 0], rtol=1e-6, atol=1e-4)
    torch.testing.assert_close(along_v.T, expected[:, 1], rtol=1e-6, atol=1e-4)


def test_products_sum_over_points() -> None:
    generator = torch.Generator().manual_seed(0)
    rows, others = (torch.randn(count, 4, 9, generator=generator) for count in (6, 2))
    torch.testing.assert_close(products(rows, others), torch.einsum("mbp,nbp->bmn", rows, others))


def test_points_in_the_camera_give_finite_rows() -> None:
    rays = torch.tensor([[0.0, 1], [0, 1], [1, 1]])
    rows = pixel_rows(K, rays, torch.tensor([0.0, -1.0]), torch.ones(3, 2))
    assert all(bool(row.isfinite().all()) for row in rows)


def test_turns_leave_the_centre_and_shifts_the_rotation() -> None:
    cam_from_obj, _ = posed()
    params = cam_from_obj.wxyz_xyz.expand(3, 7)
    zero, some = torch.zeros(3, 3, dtype=torch.float64), 0.3 * torch.eye(3, dtype=torch.float64)
    turned = SE3(moved_about(CENTRE, params, torch.cat([zero, some], dim=-1)))
    home = cam_from_obj.apply(CENTRE).expand(3, 3)
    torch.testing.assert_close(turned.apply(CENTRE), home)
    torch.testing.assert_close((turned.rotation @ cam_from_obj.rotation.inverse()).log(), some)
    shifted = SE3(moved_about(CENTRE, params, torch.cat([some, zero], dim=-1)))
    torch.testing.assert_close(shifted.apply(CENTRE), home + some)
    torch.testing.assert_close(shifted.rotation.matrix(), cam_from_obj.rotation.matrix().expand(3, 3, 3))


def test_no_twist_moves_nothing() -> None:
    cam_from_obj, points = posed()
    still = moved_points(cam_from_obj, points, torch.zeros(1, 6, dtype=torch.float64))[0]
    torch.testing.assert_close(still, cam_from_obj.apply_points(points))
