"""Depth, mask and normals against Open3D's ray casting, an implementation that shares nothing with ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh
from objpose.raster import MeshRender, render_mesh
from tests.raster.scenes import HEIGHT, WIDTH, bumpy_sphere, edge_band, intrinsics, random_poses

open3d = pytest.importorskip(
    "open3d", reason="open3d does not load here: it needs libusb-1.0", exc_type=ImportError
)


def ray_cast(
    mesh: Mesh, cam_from_obj: SE3, K: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Depth (H, W) with 0 = nothing, face ids, and unit normals in the camera frame, of one pose."""
    scene = open3d.t.geometry.RaycastingScene()
    scene.add_triangles(mesh.vertices.numpy(), mesh.faces.numpy().astype(np.uint32))
    v, u = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in (height, width)), indexing="ij")
    directions = (
        torch.stack([u, v, torch.ones_like(u)], -1) @ torch.linalg.inv(K.double()).T
    )  # z = 1: t is depth
    obj_from_cam = cam_from_obj.to(dtype=torch.float64).inverse().matrix()
    directions = directions @ obj_from_cam[:3, :3].T
    rays = torch.cat([obj_from_cam[:3, 3].expand_as(directions), directions], -1).float()
    cast = scene.cast_rays(rays.numpy())
    depth, ids, normals = (
        torch.from_numpy(cast[name].numpy()) for name in ("t_hit", "primitive_ids", "primitive_normals")
    )
    normals = normals @ cam_from_obj.rotation.matrix().T
    return torch.where(depth.isfinite(), depth, 0.0), ids, normals


def assert_agree(render: MeshRender, mesh: Mesh, poses: SE3, K: Tensor) -> None:
    height, width = render.depth.shape[1:]
    for i in range(len(render.depth)):
        depth, ids, normals = ray_cast(mesh, poses[i], K, width, height)
        mask = depth > 0
        inside = ~edge_band(mask)
        assert torch.equal(render.mask[i][inside], mask[inside])
        # Where one surface hides another behind it there is an edge too, within the mask.
        jump = torch.nn.functional.max_pool2d(depth[None, None], 3, 1, 1) + torch.nn.functional.max_pool2d(
            -depth[None, None], 3, 1, 1
        )
        smooth = inside & mask & (jump[0, 0] < 0.02 * depth)
        assert smooth.sum() > 0.3 * mask.sum()
        torch.testing.assert_close(render.depth[i][smooth], depth[smooth], rtol=2e-4, atol=0)
        same_face = smooth & (render.face_ids[i] == ids.int())
        assert same_face.sum() > 0.98 * smooth.sum()
        facing = -normals * (normals * camera_rays(K, width, height)).sum(-1, keepdim=True).sign()
        torch.testing.assert_close(render.normals[i][same_face], facing[same_face], rtol=0, atol=1e-4)


def camera_rays(K: Tensor, width: int, height: int) -> Tensor:
    v, u = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (torch.stack([u, v, torch.ones_like(u)], -1).double() @ torch.linalg.inv(K.double()).T).float()


@pytest.mark.parametrize("subdivisions", [1, 3])
def test_uneven_spheres(subdivisions: int) -> None:
    mesh, poses, K = bumpy_sphere(subdivisions), random_poses(3, seed=5), intrinsics()
    render = render_mesh(mesh, poses, K, WIDTH, HEIGHT, outputs=("normals", "face_ids"))
    assert_agree(render, mesh, poses, K)


def test_a_soup_of_triangles() -> None:
    """Open, intersecting, of any size."""
    generator = torch.Generator().manual_seed(0)
    corners = (
        torch.rand(40, 1, 3, generator=generator) - 0.5 + 0.4 * torch.rand(40, 3, 3, generator=generator)
    )
    soup = Mesh(0.2 * corners.reshape(-1, 3), torch.arange(120).reshape(-1, 3))
    poses, K = random_poses(2, seed=6), intrinsics(160, 120, focal=180.0)
    render = render_mesh(soup, poses, K, 160, 120, outputs=("normals", "face_ids"))
    for i in range(2):
        depth, ids, _ = ray_cast(soup, poses[i], K, 160, 120)
        same = render.face_ids[i] == torch.where(depth > 0, ids.int(), -1)
        assert same.float().mean() > 0.98  # the rest lies on edges, of which a soup is full
        covered = same & (depth > 0)
        error = (render.depth[i] - depth).abs()[covered] / depth[covered]
        assert error.quantile(0.99) < 2e-4


def test_a_real_mesh(shared_data: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    loaded = trimesh.load(shared_data / "lmo_frame/models/obj_000006.ply", process=False)
    mesh = Mesh(torch.tensor(loaded.vertices / 1000, dtype=torch.float32), torch.tensor(loaded.faces))
    K = torch.tensor([[572.4, 0, 159.5], [0, 573.6, 119.5], [0, 0, 1]], dtype=torch.float64)
    poses = random_poses(2, seed=7, distance=0.5)
    render = render_mesh(mesh, poses, K, 320, 240, outputs=("normals", "face_ids"))
    for i in range(2):
        depth, _, _ = ray_cast(mesh, poses[i], K, 320, 240)
        inside = ~edge_band(depth > 0)
        assert torch.equal(render.mask[i][inside], (depth > 0)[inside])
        error = (render.depth[i] - depth).abs()[inside & (depth > 0)]
        assert error.quantile(0.995) < 1e-4
