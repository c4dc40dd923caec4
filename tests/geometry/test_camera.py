"""Cameras: projection and its inverse, crops, resizes, and K that cannot be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import Camera
from tests.geometry.sampling import random_points

K = [572.4, 0.0, 325.3, 0.0, 573.6, 242.0, 0.0, 0.0, 1.0]
RATIONAL = (0.5, -2.6, 0.0007, -0.0002, 1.4, 0.38, -2.4, 1.3)  # as an Azure Kinect has
LENSES = [None, (0.1, -0.25, 0.001, -0.002), (-0.28, 0.09, 0.0005, 0.0003, -0.01), RATIONAL]
ZERO = np.zeros(3)
FISHEYES = [(0.0, 0.0, 0.0, 0.0), (-0.01, 0.02, -0.01, 0.001), (0.3, -0.1, 0.02, 0.0)]


def points_in_view(n: int = 200, seed: int = 0) -> torch.Tensor:
    points = random_points((n, 3), seed) * torch.tensor([0.15, 0.12, 0.2])
    return points + torch.tensor([0.0, 0.0, 1.0])


@pytest.mark.parametrize("lens", LENSES)
def test_unproject_undoes_project(lens):
    camera, points = Camera.from_K(K, 640, 480, lens), points_in_view()
    torch.testing.assert_close(
        camera.unproject(camera.project(points), points[:, 2]), points, rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize("lens", LENSES)
def test_projection_has_the_numeric_gradient(lens):
    camera, points = Camera.from_K(K, 640, 480, lens), points_in_view(5).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: camera.project(x) / 100, points)


def test_distortion_is_that_of_opencv():
    """OpenCV's published formula, written out for one point."""
    k1, k2, p1, p2, k3 = coefficients = (0.1, -0.2, 0.003, -0.004, 0.05)
    x, y = 0.3, -0.2
    r2 = x * x + y * y
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    v = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    pixel = Camera.from_K(K, 640, 480, coefficients).project([x, y, 1.0])
    torch.testing.assert_close(pixel, torch.tensor([K[0] * u + K[2], K[4] * v + K[5]]))


@pytest.mark.parametrize("lens", LENSES[1:])
def test_brown_conrady_is_that_of_opencv(lens):
    points = points_in_view()
    expected, _ = cv2.projectPoints(points.numpy(), ZERO, ZERO, np.reshape(K, (3, 3)), np.array(lens))
    found = Camera.from_K(K, 640, 480, lens).project(points)
    np.testing.assert_allclose(found, expected[:, 0], atol=1e-9)


@pytest.mark.parametrize("lens", FISHEYES)
def test_the_fisheye_is_that_of_opencv(lens):
    """Up to 80 degrees from the axis."""
    K = np.array([[200.0, 0, 320.5], [0, 210.0, 239.5], [0, 0, 1]])
    angle, turn = torch.linspace(0, 1.4, 30, dtype=torch.float64), torch.arange(30.0)
    points = torch.stack([angle.sin() * turn.cos(), angle.sin() * turn.sin(), angle.cos()], dim=-1)
    expected, _ = cv2.fisheye.projectPoints(points.numpy()[:, None], ZERO, ZERO, K, np.array(lens))
    camera = Camera.from_K(K, 640, 480, lens, fisheye=True)
    found = camera.project(points)
    is_seen = angle.tan() < camera.lens.reach
    assert is_seen[:25].all()  # of the strongest, the last few lie beyond where it turns back
    np.testing.assert_allclose(found[is_seen], expected[:, 0][is_seen], atol=1e-6)
    assert found[~is_seen].isnan().all()
    torch.testing.assert_close(camera.unproject(found, points[:, 2])[is_seen], points[is_seen])


@pytest.mark.parametrize("lens", FISHEYES)
def test_a_fisheye_has_the_numeric_gradient(lens):
    camera = Camera.from_K(K, 640, 480, lens, fisheye=True)
    points = (points_in_view(5) * torch.tensor([3.0, 3.0, 1.0])).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: camera.project(x) / 100, points)


@pytest.mark.parametrize(("lens", "fisheye"), [*((lens, False) for lens in LENSES), (FISHEYES[1], True)])
def test_unprojection_has_the_numeric_gradient(lens, fisheye):
    camera = Camera.from_K(K, 640, 480, lens, fisheye)
    pixels = camera.project(points_in_view(5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: camera.unproject(x, torch.ones(5)), pixels)


@pytest.mark.parametrize(
    ("lens", "fisheye"), [*((lens, False) for lens in LENSES[1:]), *((lens, True) for lens in FISHEYES)]
)
def test_every_pixel_has_its_ray_or_none(lens, fisheye):
    """Far out, where polynomials turn back, neither direction answers; all other pixels come back."""
    camera = Camera.from_K([220, 0, 319.5, 0, 220, 239.5, 0, 0, 1], 640, 480, lens, fisheye)
    rays = camera.rays(torch.float64)[::7, ::7]
    pixels = camera.project(rays)
    v, u = torch.meshgrid(torch.arange(0, 480.0, 7), torch.arange(0, 640.0, 7), indexing="ij")
    has_ray = rays.isfinite().all(-1)
    expected = torch.stack([u, v], dim=-1).double()
    torch.testing.assert_close(pixels[has_ray], expected[has_ray], rtol=0, atol=1e-6)
    assert rays[~has_ray][:, :2].isnan().all() and has_ray[24:45, 34:57].all()
    # Along a line from the middle the rays only ever go further out.
    radius = rays[34, 46:, 0][has_ray[34, 46:]]
    assert (radius.diff() > 0).all()


def test_a_lens_ends_where_its_polynomial_turns_back():
    """r (1 - r^2 / 3) is largest at r = 1, where it is 2 / 3."""
    camera = Camera.from_K([300, 0, 320, 0, 300, 240, 0, 0, 1], 640, 480, (-1 / 3, 0, 0, 0))
    assert camera.lens.reach == pytest.approx(1)
    inside, outside = camera.project([[0.99, 0.0, 1.0], [1.01, 0.0, 1.0]])
    assert inside.isfinite().all() and outside.isnan().all()
    inside, outside = camera.unproject([[320 + 199.9, 240.0], [320 + 200.1, 240.0]], torch.ones(2))
    assert 0.97 < inside[0] < 1 and outside[:2].isnan().all()


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("size", [(320, 240), (1280, 960), (500, 333)])
def test_resized_cameras_keep_pixel_centres(lens, size):
    camera, points = Camera.from_K(K, 640, 480, lens), points_in_view()
    scale = torch.tensor(size, dtype=torch.float64) / torch.tensor([640.0, 480.0])
    expected = (camera.project(points) + 0.5) * scale - 0.5
    torch.testing.assert_close(camera.resize(*size).project(points), expected)


@pytest.mark.parametrize("lens", LENSES)
def test_crops_shift_pixels(lens):
    camera, points = Camera.from_K(K, 640, 480, lens), points_in_view()
    crop = camera.crop(100, -20, 200, 150)
    torch.testing.assert_close(crop.project(points), camera.project(points) - torch.tensor([100.0, -20.0]))
    assert (crop.width, crop.height) == (200, 150)


def test_resizing_agrees_with_an_area_filter():
    """The mean of a linear image over 2x2 pixels is its value at the resized camera's pixel centre."""
    camera = Camera.from_K([60, 0, 30, 0, 61, 25, 0, 0, 1], 64, 48)
    ray_x = camera.rays(torch.float64)[..., 0]
    small = ray_x.reshape(24, 2, 32, 2).mean((1, 3))
    torch.testing.assert_close(small, camera.resize(32, 24).rays(torch.float64)[..., 0])


@pytest.mark.parametrize("lens", LENSES)
def test_rays_pass_through_their_pixels(lens):
    camera = Camera.from_K([50, 0, 31, 0, 50, 23, 0, 0, 1], 64, 48, lens)
    pixels = camera.project(camera.rays(torch.float64))
    v, u = torch.meshgrid(torch.arange(48.0), torch.arange(64.0), indexing="ij")
    torch.testing.assert_close(pixels, torch.stack([u, v], dim=-1).double(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("form", [list, np.array, torch.tensor, lambda k: np.array(k).reshape(3, 3).tolist()])
def test_K_comes_in_any_form(form):
    camera = Camera.from_K(form(K), 640, 480)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == pytest.approx((572.4, 573.6, 325.3, 242.0))
    assert camera.K.dtype == torch.float64


def test_a_camera_does_not_share_its_K():
    matrix = torch.tensor(K, dtype=torch.float64).reshape(3, 3)
    camera = Camera.from_K(matrix, 640, 480)
    matrix[0, 0] = 1.0
    assert camera.fx == pytest.approx(572.4)


def test_skew_bends_columns():
    camera = Camera.from_K([500, 3, 320, 0, 500, 240, 0, 0, 1], 640, 480)
    point = torch.tensor([0.1, 0.2, 1.0])
    torch.testing.assert_close(camera.project(point), torch.tensor([370.6, 340.0]))
    torch.testing.assert_close(camera.unproject(camera.project(point), torch.tensor(1.0)), point)


TRANSPOSED = np.array(K).reshape(3, 3).T


@pytest.mark.parametrize(
    ("matrix", "cure"),
    [
        (K[:8], "3x3|fx 0 cx"),
        (np.eye(4), "fx 0 cx"),
        (["a"] * 9, "9 numbers"),
        ([float("nan"), *K[1:]], "calibration"),
        (TRANSPOSED, "transpose K"),
        ([0.9, 0, 0.5, 0, 1.2, 0.5, 0, 0, 1], "multiply a normalised K"),
        ([-572.4, *K[1:]], "flip the axes"),
        ([1144.8, 0, 1650, 0, 1147.2, 484, 0, 0, 1], "Camera.resize"),
        (2 * np.array(K), "divide K by its last entry"),
    ],
)
def test_a_wrong_K_is_refused_with_its_cure(matrix, cure):
    with pytest.raises(InputError, match=cure):
        Camera.from_K(matrix, 640, 480)


@pytest.mark.parametrize("size", [(0, 480), (640.5, 480), (640, -1)])
def test_a_wrong_size_is_refused(size):
    with pytest.raises(InputError, match="camera size"):
        Camera.from_K(K, *size)


@pytest.mark.parametrize("lens", [(0.1, 0.2), (0.1,) * 6, (0.1,) * 12, (0.1, 0.2, float("nan"), 0.0), "k1"])
def test_a_wrong_distortion_is_refused(lens):
    with pytest.raises(InputError, match="distortion"):
        Camera.from_K(K, 640, 480, lens)
    with pytest.raises(InputError, match="distortion"):
        Camera.from_K(K, 640, 480, (0.1,) * 5, fisheye=True)


def test_a_zero_distortion_is_a_pinhole_but_for_a_fisheye():
    assert Camera.from_K(K, 640, 480, [0.0] * 8).distortion is None
    for camera in (Camera.from_K(K, 640, 480, fisheye=True), Camera.from_K(K, 640, 480, [0.0] * 4, True)):
        assert camera.distortion == (0.0,) * 4 and camera.lens.fisheye
        assert camera.pinhole.lens is None
        resized = camera.crop(10, 20, 300, 200).resize(150, 100)
        assert resized.fisheye and resized.distortion == camera.distortion
