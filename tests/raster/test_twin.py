"""The CPU core agrees with the plain-torch twin, in values and gradients."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3
from objpose.raster import Fragments, texture_pyramid
from objpose.raster.cpu import meshes as cpu_meshes
from objpose.raster.twin import meshes as twin
from tests.raster.scenes import (
    HEIGHT,
    WIDTH,
    assert_same_fragments,
    bumpy_sphere,
    intrinsics,
    random_poses,
    stage_arguments,
)

POSES = {
    "in front": random_poses(3),
    "large triangles": random_poses(2, seed=1, distance=0.16),
    "through the near plane": random_poses(2, seed=2, distance=0.06),
    "behind the camera": random_poses(2, seed=3, distance=-0.5),
    "outside the image": SE3.from_rotation_translation(random_poses(2).rotation, [[0.5, 0, 0.3]] * 2),
}


def both(poses: SE3, subdivisions: int = 3, near: float = 0.01) -> tuple[Fragments, Fragments]:
    arguments = (*stage_arguments(bumpy_sphere(subdivisions), poses, intrinsics()), WIDTH, HEIGHT, near, True)
    return Fragments(*cpu_meshes.rasterize(*arguments)), Fragments(*twin.rasterize(*arguments))


@pytest.mark.parametrize("subdivisions", [0, 3])
@pytest.mark.parametrize("name", POSES)
def test_rasterize(name: str, subdivisions: int) -> None:
    found, expected = both(POSES[name], subdivisions)
    # Triangles through the near plane are clipped by one and not by the other: their edges may round apart.
    assert_same_fragments(found, expected, allowed=3 if name == "through the near plane" else 0)
    assert (found.depth > 0).any() == (name not in ("behind the camera", "outside the image"))


def test_rasterize_faces_smaller_than_pixels() -> None:
    assert_same_fragments(*both(POSES["in front"], subdivisions=5))


def test_depth_alone_is_the_same_depth() -> None:
    arguments = (*stage_arguments(bumpy_sphere(), random_poses(3), intrinsics()), WIDTH, HEIGHT, 0.01)
    alone = cpu_meshes.rasterize(*arguments, False)
    assert torch.equal(alone[0], cpu_meshes.rasterize(*arguments, True)[0])
    assert [part.numel() for part in alone[1:]] == [0, 0, 0]


def test_interpolate_and_its_adjoint() -> None:
    mesh = bumpy_sphere()
    fragments, _ = both(POSES["in front"])
    generator = torch.Generator().manual_seed(0)
    for channels in (1, 3, 5):
        attributes = torch.randn(len(mesh.vertices), channels, generator=generator)
        grad = torch.randn(*fragments.face_ids.shape, channels, generator=generator)
        arguments = (attributes, mesh.faces.int(), fragments.face_ids, fragments.bary)
        torch.testing.assert_close(cpu_meshes.interpolate(*arguments), twin.interpolate(*arguments))
        found, expected = (core.interpolate_adjoint(*arguments, grad) for core in (cpu_meshes, twin))
        torch.testing.assert_close(found[0], expected[0], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(found[1], expected[1], rtol=1e-4, atol=1e-5)


def test_sample_texture() -> None:
    mesh = bumpy_sphere()
    pyramid = texture_pyramid(mesh.texture)
    fragments, _ = both(POSES["in front"])
    footprint = fragments.footprint * torch.logspace(-3, 4, WIDTH)  # every mip level, and beyond
    pixels = (mesh.faces.int(), fragments.face_ids, fragments.bary, footprint)
    uvs = 3 * mesh.uvs - 1  # repeats
    found, expected = (core.sample_texture(*pyramid, uvs, *pixels) for core in (cpu_meshes, twin))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert found.std() > 0.1


def test_face_normals() -> None:
    mesh, poses = bumpy_sphere(), POSES["in front"]
    fragments, _ = both(poses)
    vertices, faces, matrices, _ = stage_arguments(mesh, poses, intrinsics())
    arguments = (vertices, faces, matrices, fragments.face_ids)
    torch.testing.assert_close(cpu_meshes.face_normals(*arguments), twin.face_normals(*arguments))
