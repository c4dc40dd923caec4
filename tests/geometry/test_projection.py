"""Depth images of known planes and spheres give back their points and normals."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import Camera, depth_normals, depth_to_points

CAMERA = Camera.from_K([200, 0, 79.5, 0, 200, 59.5, 0, 0, 1], 160, 120)


def plane_depth(normal: torch.Tensor, distance: float) -> torch.Tensor:
    """Depth (H, W) of the plane `normal . x = -distance`, normal facing the camera."""
    return -distance / (CAMERA.rays() @ normal)


def facing_normal(*xyz: float) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(xyz), dim=0)


@pytest.mark.parametrize("normal", [(0.0, 0.0, -1.0), (0.5, 0.0, -1.0), (-0.4, 0.7, -1.0), (0.9, 0.6, -1.0)])
def test_a_plane_has_one_normal(normal):
    normal = facing_normal(*normal)
    found = depth_normals(plane_depth(normal, 0.8), CAMERA)
    torch.testing.assert_close(found, normal.expand_as(found), rtol=0, atol=2e-4)


def test_points_lie_on_their_plane_and_rays():
    normal = facing_normal(-0.4, 0.7, -1.0)
    depth = plane_depth(normal, 0.8)
    points = depth_to_points(depth, CAMERA)
    torch.testing.assert_close(points @ normal, torch.full_like(depth, -0.8))
    torch.testing.assert_close(points[..., 2], depth)


def test_missing_depth_gives_zero_points_and_normals():
    depth = plane_depth(facing_normal(0.1, 0.2, -1.0), 0.8)
    depth[30:60, 40:80] = 0
    missing = depth == 0
    assert (depth_to_points(depth, CAMERA)[missing] == 0).all()
    normals = depth_normals(depth, CAMERA)
    assert (normals[missing] == 0).all()
    torch.testing.assert_close(normals[~missing].norm(dim=-1), torch.ones(int((~missing).sum())))
    assert (depth_normals(torch.zeros(120, 160), CAMERA) == 0).all()


@pytest.mark.parametrize("step", [0.1, 1.0])
def test_normals_do_not_mix_across_a_depth_jump(step):
    """Two slanted planes, one behind the other: every pixel keeps its own plane's normal."""
    near, far = facing_normal(0.5, 0.1, -1.0), facing_normal(-0.2, 0.3, -1.0)
    column = torch.arange(160) < 70
    depth = torch.where(column, plane_depth(near, 0.8), plane_depth(far, 0.8 + step))
    expected = torch.where(column[:, None], near, far).expand(120, 160, 3)
    torch.testing.assert_close(depth_normals(depth, CAMERA), expected, rtol=0, atol=5e-4)


def test_a_sphere_has_radial_normals():
    centre, radius = torch.tensor([0.03, -0.02, 0.6]), 0.15
    rays = CAMERA.rays()
    a, b = rays.square().sum(-1), rays @ centre
    discriminant = b.square() - a * (centre.square().sum() - radius**2)
    depth = torch.where(discriminant > 0, (b - discriminant.clamp(min=0).sqrt()) / a, 0.0)
    expected = torch.nn.functional.normalize(depth_to_points(depth, CAMERA) - centre, dim=-1)
    normals = depth_normals(depth, CAMERA)
    front = (depth > 0) & (expected[..., 2] < -0.6)
    angle = torch.rad2deg(torch.acos((normals * expected).sum(-1)[front].clamp(-1, 1)))
    assert front.sum() > 1000
    assert angle.max() < 3.0
    defined = normals.norm(dim=-1) > 0
    assert ((normals * rays).sum(-1)[defined] < 0).all()


def test_smoothing_averages_noise_away():
    """Half a millimetre of noise tilts single pixels by tens of degrees, and smoothed ones by a few."""
    normal = facing_normal(0.3, 0.2, -1.0)
    noise = 0.0005 * torch.randn(120, 160, generator=torch.Generator().manual_seed(0))
    depth = plane_depth(normal, 0.8) + noise
    tilts = [torch.acos((depth_normals(depth, CAMERA, n) @ normal).clamp(-1, 1)).median() for n in range(4)]
    assert tilts == sorted(tilts, reverse=True)
    assert tilts[3] < 0.25 * tilts[0]


def test_numpy_depth_is_accepted():
    depth = plane_depth(facing_normal(0.1, 0.2, -1.0), 0.8)
    torch.testing.assert_close(depth_normals(depth.double().numpy(), CAMERA), depth_normals(depth, CAMERA))


@pytest.mark.parametrize(
    ("lens", "fisheye"), [((-0.3, 0.1, 0.001, -0.001), False), ((0.05, 0.01, 0.0, 0.0), True)]
)
def test_a_plane_has_one_normal_behind_a_lens(lens, fisheye):
    camera = Camera.from_K([100, 0, 79.5, 0, 100, 59.5, 0, 0, 1], 160, 120, lens, fisheye)
    normal = facing_normal(0.3, -0.2, -1.0)
    depth = -0.8 / (camera.rays() @ normal)
    depth = torch.where(depth > 0, depth, 0.0)  # nearly along the ray, a wide lens sees beyond the plane
    found, points = depth_normals(depth, camera), depth_to_points(depth, camera)
    inner = (depth > 0) & (depth < 5)
    error = (found - normal).norm(dim=-1)[inner]
    assert float(error.quantile(0.95)) < 0.01 and float(error.max()) < 0.1
    torch.testing.assert_close(
        (points @ normal)[inner], torch.full_like(depth, -0.8)[inner], rtol=0, atol=1e-4
    )


def test_pixels_without_a_ray_have_neither_point_nor_normal():
    camera = Camera.from_K([60, 0, 79.5, 0, 60, 59.5, 0, 0, 1], 160, 120, (-1 / 3, 0, 0, 0))
    depth, lost = torch.ones(120, 160), camera.rays().isnan().any(-1)
    assert 0 < int(lost.sum()) < lost.numel()
    assert (depth_to_points(depth, camera)[lost] == 0).all()
    assert (depth_normals(depth, camera)[lost] == 0).all()
