"""Point clouds thinned out to one point a voxel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from objpose.features import PointCloud, voxel_cloud
from objpose.geometry import Camera, depth_to_points
from tests.synthetic import onboarded


@pytest.fixture(scope="module")
def surface() -> PointCloud:
    return onboarded("painted_blob").surface.cloud


@pytest.mark.parametrize("voxel", [0.004, 0.01, 0.03])
def test_points_are_means_of_their_voxels(surface: PointCloud, voxel: float) -> None:
    cloud = voxel_cloud(surface.points, voxel, surface.normals, surface.colors)
    nearest, _ = cKDTree(surface.points.numpy()).query(cloud.points.numpy())
    assert nearest.max() <= voxel * 3**0.5
    to_cloud, _ = cKDTree(cloud.points.numpy()).query(surface.points.numpy())
    assert to_cloud.max() <= voxel * 3**0.5
    assert bool(
        (cloud.colors >= surface.colors.amin(0)).all() and (cloud.colors <= surface.colors.amax(0)).all()
    )
    torch.testing.assert_close(cloud.normals.norm(dim=-1), torch.ones(len(cloud)))


def test_larger_voxels_leave_fewer_points(surface: PointCloud) -> None:
    counts = [
        len(voxel_cloud(surface.points, v, surface.normals, None)) for v in (1e-6, 0.004, 0.01, 0.03, 1.0)
    ]
    assert counts[0] == len(surface) and counts[-1] == 1
    assert counts == sorted(counts, reverse=True)


def test_fitted_normals_stand_on_the_surface_and_face_the_camera() -> None:
    camera = Camera.from_K([100.0, 0, 31.5, 0, 100.0, 31.5, 0, 0, 1], 64, 64)
    plane_normal = torch.nn.functional.normalize(torch.tensor([0.3, -0.2, -1.0]), dim=0)
    depth = (plane_normal[2] * 0.8) / (camera.rays() @ plane_normal)
    points = depth_to_points(depth, camera).reshape(-1, 3)
    cloud = voxel_cloud(points, 0.02, None, None)
    assert float((cloud.normals @ plane_normal).min()) > 0.9999
    assert bool(((cloud.normals * cloud.points).sum(-1) < 0).all())
    assert cloud.colors is None


def test_a_subset_is_drawn_without_replacement(surface: PointCloud) -> None:
    first, again = (surface.subset(200, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first.points, again.points) and torch.equal(first.colors, again.colors)
    assert len(first.points.unique(dim=0)) == 200
    assert len(surface.subset(10**6, torch.Generator())) == len(surface)


def test_points_and_normals_are_those_of_open3d(surface: PointCloud) -> None:
    """The peer: the same voxels, the same means; normals of planes through the same neighbours."""
    o3d = pytest.importorskip("open3d")
    points, voxel = surface.points + torch.tensor([0.0, 0.0, 0.8]), 0.006
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points.double().numpy()))
    cloud = cloud.voxel_down_sample(voxel)
    cloud.estimate_normals(o3d.geometry.KDTreeSearchParamHybrid(radius=2.5 * voxel, max_nn=30))
    found = voxel_cloud(points, voxel, None, None)
    expected = torch.from_numpy(np.asarray(cloud.points)).float()
    gap, match = cKDTree(expected.numpy()).query(found.points.numpy())
    assert len(found) == len(expected) and gap.max() < 1e-6
    cosine = (found.normals * torch.from_numpy(np.asarray(cloud.normals)).float()[match]).sum(-1).abs()
    assert float((cosine > 0.999).float().mean()) > 0.98  # where neighbours fix a plane
