"""Meshes, poses and cameras that the raster tests share."""

from __future__ import annotations

import numpy as np
import torch
import trimesh
from torch import Tensor

from objpose.geometry import SE3, SO3, Mesh
from objpose.raster import Fragments

WIDTH, HEIGHT = 96, 72


def bumpy_sphere(subdivisions: int = 3, seed: int = 0, radius: float = 0.1) -> Mesh:
    """A closed, uneven surface with vertex colours, uvs and a texture."""
    rng = np.random.default_rng(seed)
    sphere = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    waves = rng.normal(size=(5, 3)) * 2 / radius
    points = sphere.vertices * (1 + 0.05 * np.sin(sphere.vertices @ waves.T).sum(1))[:, None]
    return Mesh(
        torch.tensor(points, dtype=torch.float32),
        torch.tensor(sphere.faces),
        vertex_colors=torch.tensor(rng.uniform(size=points.shape), dtype=torch.float32),
        uvs=torch.tensor(points[:, :2] / (2 * radius) + 0.5, dtype=torch.float32),
        texture=torch.tensor(rng.integers(0, 256, (64, 96, 3)), dtype=torch.uint8),
    )


def random_poses(count: int, seed: int = 0, distance: float = 0.35) -> SE3:
    """cam_from_obj with the object in front of the camera, near the optical axis."""
    generator = torch.Generator().manual_seed(seed)
    rotation = SO3.random((count,), generator=generator)
    offset = (torch.rand(count, 3, generator=generator) - 0.5) * torch.tensor([0.08, 0.08, 0.1])
    return SE3.from_rotation_translation(rotation, offset + torch.tensor([0.0, 0.0, distance]))


def intrinsics(width: int = WIDTH, height: int = HEIGHT, focal: float = 110.0) -> Tensor:
    """(3, 3) with a little skew and a principal point off the centre."""
    return torch.tensor(
        [[focal, 0.3, width / 2 - 0.7], [0.0, 1.05 * focal, height / 2 + 0.4], [0.0, 0.0, 1.0]],
        dtype=torch.float64,
    )


def stage_arguments(mesh: Mesh, cam_from_obj: SE3, K: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What the op `rasterize` and its twin take before the image size."""
    matrices = cam_from_obj.to(dtype=torch.float64).matrix()[:, :3].contiguous()
    return mesh.vertices, mesh.faces.int(), matrices, K.expand(len(matrices), 3, 3).contiguous()


def assert_same_fragments(found: Fragments, expected: Fragments, allowed: int = 0) -> None:
    """Equal up to float32 rounding, but for `allowed` pixels."""
    differing = found.face_ids != expected.face_ids
    assert int(differing.sum()) <= allowed
    same = ~differing
    for name, tolerance in (("depth", 1e-6), ("bary", 2e-5), ("footprint", 2e-5)):
        torch.testing.assert_close(
            getattr(found, name)[same], getattr(expected, name)[same], rtol=tolerance, atol=tolerance
        )


def triangle_mesh(*corners: tuple[float, float, float]) -> Mesh:
    """Each three corners one triangle."""
    return Mesh(torch.tensor(corners, dtype=torch.float32), torch.arange(len(corners)).reshape(-1, 3))


def edge_band(mask: Tensor) -> Tensor:
    """Pixels within one pixel of the outline of a mask (..., H, W)."""
    flat = mask.float().reshape(-1, 1, *mask.shape[-2:])
    grown = torch.nn.functional.max_pool2d(flat, 3, 1, 1)
    shrunk = -torch.nn.functional.max_pool2d(-flat, 3, 1, 1)
    return (grown != shrunk).reshape(mask.shape)
