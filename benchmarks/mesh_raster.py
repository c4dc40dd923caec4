"""Mesh rasterization against Open3D's RaycastingScene (Embree), in one run and on the same number of threads.

    python benchmarks/mesh_raster.py [MESH.ply] [--renders 1000] [--threads 2]

Depth renders of a mesh of about 16,000 triangles at 320 x 240; Open3D's rays are made outside its timer. Then
the time to draw sets of template views, colour and depth at 420 x 420, and small depth crops.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import open3d
import torch
import trimesh
from torch import Tensor

from objpose.geometry import SE3, SO3, Mesh
from objpose.raster import render_mesh

SIZE = (320, 240)
TEMPLATE_SIZE = 420
TRIANGLES = 16_000
RADIUS = 0.1  # metres
GROUP = 50  # renders a call; the two peers take turns, so that what else the machine does hits both alike


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    mesh = uneven_sphere() if options.mesh is None else normalised(trimesh.load(options.mesh, process=False))
    poses = random_poses(options.renders)
    print(f"{len(mesh.faces)} triangles, {options.renders} renders, {options.threads} threads")
    compare_depth(mesh, poses, options.threads)
    for views in (162, 798):
        time_templates(mesh, random_poses(views))
    time_crops(mesh, random_poses(200))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "mesh", nargs="?", type=Path, help="any mesh file; it is scaled to the size of the sphere"
    )
    parser.add_argument("--renders", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


def uneven_sphere() -> Mesh:
    """A closed surface with bumps, simplified from 20,480 triangles to about 16,000, with vertex colours."""
    rng = np.random.default_rng(0)
    sphere = trimesh.creation.icosphere(subdivisions=5, radius=RADIUS)
    waves = rng.normal(size=(6, 3)) * 2 / RADIUS
    sphere.vertices *= (1 + 0.05 * np.sin(sphere.vertices @ waves.T).sum(1))[:, None]
    legacy = open3d.geometry.TriangleMesh(
        open3d.utility.Vector3dVector(sphere.vertices), open3d.utility.Vector3iVector(sphere.faces)
    )
    simple = legacy.simplify_quadric_decimation(TRIANGLES)
    return with_colors(np.asarray(simple.vertices), np.asarray(simple.triangles))


def normalised(loaded: trimesh.Trimesh) -> Mesh:
    """Centred, and as large as the sphere."""
    vertices = loaded.vertices - loaded.bounds.mean(0)
    return with_colors(vertices * (RADIUS / np.linalg.norm(vertices, axis=1).max()), loaded.faces)


def with_colors(vertices: np.ndarray, faces: np.ndarray) -> Mesh:
    colors = vertices / (2 * RADIUS) + 0.5
    to_tensor = torch.from_numpy
    return Mesh(
        to_tensor(vertices).float(),
        to_tensor(faces).long(),
        vertex_colors=to_tensor(colors).float().clamp(0, 1),
    )


def random_poses(count: int) -> SE3:
    generator = torch.Generator().manual_seed(0)
    offset = (torch.rand(count, 3, generator=generator) - 0.5) * torch.tensor([0.06, 0.04, 0.1])
    rotation = SO3.random((count,), generator=generator)
    return SE3.from_rotation_translation(rotation, offset + torch.tensor([0.0, 0.0, 0.4]))


def camera(width: int, height: int, focal: float) -> Tensor:
    return torch.tensor(
        [[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]], dtype=torch.float64
    )


def compare_depth(mesh: Mesh, poses: SE3, threads: int) -> None:
    K = camera(*SIZE, focal=300.0)
    scene = open3d.t.geometry.RaycastingScene(nthreads=threads)
    scene.add_triangles(mesh.vertices.numpy(), mesh.faces.numpy().astype(np.uint32))
    seconds, differing, covered, errors = {"objpose": 0.0, "Open3D": 0.0}, 0, 0, []
    cast_once = rays_of(poses[0], K)
    scene.cast_rays(cast_once, nthreads=threads)  # Embree builds its tree at the first call
    render_mesh(mesh, poses[:1], K, *SIZE)
    for start in range(0, len(poses.wxyz_xyz), GROUP):
        group = poses[start : start + GROUP]
        begin = time.perf_counter()
        depth = render_mesh(mesh, group, K, *SIZE).depth
        seconds["objpose"] += time.perf_counter() - begin
        for i in range(len(depth)):
            rays = rays_of(group[i], K)
            begin = time.perf_counter()
            hit = scene.cast_rays(rays, nthreads=threads)["t_hit"].numpy()
            seconds["Open3D"] += time.perf_counter() - begin
            expected = torch.from_numpy(np.where(np.isfinite(hit), hit, 0.0))
            differing += int(((expected > 0) != (depth[i] > 0)).sum())
            covered += int((expected > 0).sum())
            errors.append((expected - depth[i]).abs()[(expected > 0) & (depth[i] > 0)].median().item())
    for name, total in seconds.items():
        print(f"  {name:8s} {1000 * total / len(poses.wxyz_xyz):7.3f} ms a render")
    print(f"  ratio    {seconds['Open3D'] / seconds['objpose']:7.1f}")
    print(f"  masks differ at {differing} of {covered} pixels; worst median depth error {max(errors):.1e} m")


def rays_of(cam_from_obj: SE3, K: Tensor) -> open3d.core.Tensor:
    """(H, W, 6) rays in the object frame, with directions of z = 1 in the camera, so that hits are depths."""
    width, height = SIZE
    v, u = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in (height, width)), indexing="ij")
    obj_from_cam = cam_from_obj.inverse().matrix().double()
    directions = torch.stack([u, v, torch.ones_like(u)], -1) @ (obj_from_cam[:3, :3] @ torch.linalg.inv(K)).T
    rays = torch.cat([obj_from_cam[:3, 3].expand_as(directions), directions], -1)
    return open3d.core.Tensor(rays.float().numpy())


def time_templates(mesh: Mesh, poses: SE3) -> None:
    K = camera(TEMPLATE_SIZE, TEMPLATE_SIZE, focal=700.0)
    begin = time.perf_counter()
    render_mesh(mesh, poses, K, TEMPLATE_SIZE, TEMPLATE_SIZE, outputs=("depth", "color"))
    print(
        f"{len(poses.wxyz_xyz)} template views, {TEMPLATE_SIZE} x {TEMPLATE_SIZE}, colour and depth: "
        f"{time.perf_counter() - begin:.2f} s"
    )


def time_crops(mesh: Mesh, poses: SE3) -> None:
    for side in (64, 128):
        K = camera(side, side, focal=1.4 * side)
        best = min(timed(lambda K=K, side=side: render_mesh(mesh, poses, K, side, side)) for _ in range(5))
        print(
            f"{len(poses.wxyz_xyz)} crops, {side} x {side}, depth: {1000 * best / len(poses.wxyz_xyz):.3f} ms"
        )


def timed(call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
