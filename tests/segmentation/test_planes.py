"""Support planes: found where they are, and no object taken for one."""

import pytest
import torch

from objpose.geometry import depth_to_points
from objpose.segmentation.planes import PlaneEstimator, find_planes, on_planes
from tests.segmentation.tabletop import CAMERA, HEIGHT, WIDTH, tabletop

LEAST_EXTENT = 0.3


def plane_depth(normal: tuple[float, float, float], offset: float) -> torch.Tensor:
    """(H, W) depth of the plane n . x + offset = 0; 0 where it lies behind the camera."""
    normal = torch.nn.functional.normalize(torch.tensor(normal), dim=0)
    depth = -offset / (CAMERA.rays() @ normal)
    return torch.where((depth > 0) & (depth < 3), depth, 0.0)


def test_a_plane_is_found_to_the_millimetre_through_noise():
    depth = plane_depth((0.0, -0.8, -0.6), 0.5)
    noise = 0.002 * torch.randn(depth.shape, generator=torch.Generator().manual_seed(0))
    [plane] = find_planes(depth_to_points((depth + noise) * (depth > 0), CAMERA), LEAST_EXTENT, seed=0)
    torch.testing.assert_close(plane.normal, torch.tensor([0.0, -0.8, -0.6]), atol=0.005, rtol=0)
    assert plane.offset == pytest.approx(0.5, abs=0.002)


def test_a_table_and_a_wall_are_both_found():
    table, wall = plane_depth((0.0, -0.8, -0.6), 0.5), plane_depth((0.0, 0.0, -1.0), 0.9)
    depth = torch.where((table > 0) & (table < wall), table, wall)
    planes = find_planes(depth_to_points(depth, CAMERA), 0.1, seed=0)
    offsets = sorted(plane.offset for plane in planes)
    assert offsets == pytest.approx([0.5, 0.9], abs=0.005)
    assert on_planes(planes, depth_to_points(depth, CAMERA)).float().mean() > 0.99


def test_planes_face_the_camera_and_know_heights_above_them():
    scene = tabletop([])
    points = depth_to_points(scene.frame.depth, CAMERA)
    [plane] = find_planes(points, LEAST_EXTENT, seed=0)
    assert plane.offset > 0
    above = scene.cam_from_table.apply_points(torch.tensor([[0.1, 0.2, 0.07]]))
    assert float(plane.height(above)[0]) == pytest.approx(0.07, abs=0.002)


def test_a_face_of_an_object_is_no_support():
    """A box that fills much of the image: its face is a plane, but a small one in metres."""
    depth = torch.full((HEIGHT, WIDTH), 1.0)
    depth[60:180, 80:240] = 0.4
    planes = find_planes(depth_to_points(depth, CAMERA), LEAST_EXTENT, seed=0)
    assert [round(plane.offset, 2) for plane in planes] == [1.0]


def test_objects_stay_when_planes_are_taken_out():
    scene = tabletop([("printed_box", (-0.1, 0.0, 0.025), 0.4), ("painted_blob", (0.08, 0.0, 0.055), 0.0)])
    points = depth_to_points(scene.frame.depth, CAMERA)
    on = on_planes(find_planes(points, LEAST_EXTENT, seed=0), points)
    for mask in scene.masks:
        assert (on & mask).sum() < 0.05 * mask.sum()
    ground = ~(scene.masks[0] | scene.masks[1])
    assert (on & ground).sum() > 0.97 * ground.sum()


def test_no_points_no_planes():
    assert find_planes(torch.zeros(HEIGHT, WIDTH, 3), LEAST_EXTENT, seed=0) == []


def test_the_estimator_leaves_out_points_on_a_line():
    points = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [2.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    estimator = PlaneEstimator(points, torch.full((4,), 0.01))
    models = estimator.generate(torch.tensor([[0, 1, 2], [0, 1, 3]]))
    assert models.shape == (1, 4)
    assert torch.allclose(models[0].abs(), torch.tensor([0.0, 0.0, 1.0, 1.0]))
