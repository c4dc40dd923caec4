"""The CUDA kernels of meshes, run on the CPU under a shim, against the plain-torch twin."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from objpose.geometry import SE3, SO3, Mesh
from objpose.raster import (
    Fragments,
    interpolate,
    rasterize,
    render_mesh,
    texture_pyramid,
)
from objpose.raster.cuda import meshes as cuda_meshes
from objpose.raster.twin import meshes as twin
from tests.raster.scenes import (
    assert_same_fragments,
    bumpy_sphere,
    intrinsics,
    random_poses,
    stage_arguments,
    triangle_mesh,
)

SIZE = (40, 28)


def test_threads_that_others_wait_for_in_vain_are_an_error(shim_library: ctypes.CDLL) -> None:
    assert shim_library.launch(b"half_a_warp", 1, 64, None) == 2


@pytest.mark.parametrize("distance", [0.35, 0.16, 0.06])
def test_rasterize_on_the_shim(on_shim: None, distance: float) -> None:
    """Small triangles, triangles large enough for a whole warp, and triangles through the near plane."""
    poses = random_poses(2, seed=4, distance=distance)
    arguments = (*stage_arguments(bumpy_sphere(1), poses, intrinsics(*SIZE, focal=45.0)), *SIZE, 0.01)
    found = Fragments(*cuda_meshes.rasterize(*arguments, True))
    assert_same_fragments(found, Fragments(*twin.rasterize(*arguments, True)), allowed=3 * (distance < 0.1))
    assert (found.depth > 0).any()
    assert torch.equal(cuda_meshes.rasterize(*arguments, False)[0], found.depth)


def test_one_triangle_over_the_whole_image_on_the_shim(on_shim: None) -> None:
    mesh = triangle_mesh((-9, -9, 0), (9, -9, 0), (0, 9, 0.5))
    one_metre_away = SE3.from_rotation_translation(SO3.identity((1,)), [[0.0, 0.0, 1.0]])
    arguments = (*stage_arguments(mesh, one_metre_away, intrinsics(*SIZE)), *SIZE, 0.01, True)
    found, expected = (Fragments(*core.rasterize(*arguments)) for core in (cuda_meshes, twin))
    assert_same_fragments(found, expected)
    assert (found.face_ids == 0).all()


def test_poses_in_groups_on_the_shim(on_shim: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With triangles of every kind, so that each group finds the buffers as the first did."""
    poses = random_poses(3, seed=4, distance=0.1)
    arguments = (*stage_arguments(bumpy_sphere(1), poses, intrinsics(*SIZE, focal=45.0)), *SIZE, 0.03, True)
    expected = cuda_meshes.rasterize(*arguments)
    for group in (1, 2):
        on_shim.clear()
        monkeypatch.setattr(cuda_meshes, "GROUP_PIXELS", group * SIZE[0] * SIZE[1])
        found = cuda_meshes.rasterize(*arguments)
        assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
        assert on_shim.count("fill_keys") == -(-3 // group)


def test_gradients_of_many_pixels_and_no_faces_on_the_shim(on_shim: None) -> None:
    """Two triangles with more pixels than a warp has threads; then none."""
    mesh = triangle_mesh((-9, -9, 0), (9, -9, 0), (0, 9, 0.5), (-9, 9, 1), (9, 9, 1), (0, -9, 1))
    one_metre_away = SE3.from_rotation_translation(SO3.identity((1,)), [[0.0, 0.0, 1.0]])
    arguments = (*stage_arguments(mesh, one_metre_away, intrinsics(*SIZE)), *SIZE, 0.01, True)
    _, face_ids, bary, _ = twin.rasterize(*arguments)
    attributes = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    grad = torch.randn(1, SIZE[1], SIZE[0], 5, generator=torch.Generator().manual_seed(1))
    for ids in (face_ids, torch.full_like(face_ids, -1)):
        values = (attributes, arguments[1], ids, bary, grad)
        found, expected = cuda_meshes.interpolate_adjoint(*values), twin.interpolate_adjoint(*values)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_no_poses_on_the_shim(on_shim: None) -> None:
    arguments = (*stage_arguments(bumpy_sphere(1), random_poses(0), intrinsics(*SIZE)), *SIZE, 0.01)
    assert cuda_meshes.rasterize(*arguments, True)[0].shape == (0, SIZE[1], SIZE[0])


def test_shading_on_the_shim(on_shim: None) -> None:
    mesh = bumpy_sphere(1)
    arguments = stage_arguments(mesh, random_poses(1), intrinsics(*SIZE, focal=45.0))
    vertices, faces, matrices, _ = arguments
    fragments = Fragments(*twin.rasterize(*arguments, *SIZE, 0.01, True))
    attributes = torch.randn(len(vertices), 4, generator=torch.Generator().manual_seed(0))
    grad = torch.randn(1, SIZE[1], SIZE[0], 4, generator=torch.Generator().manual_seed(1))
    pixels = (fragments.face_ids, fragments.bary)
    calls = {
        "interpolate": (attributes, faces, *pixels),
        "interpolate_adjoint": (attributes, faces, *pixels, grad),
        "sample_texture": (*texture_pyramid(mesh.texture), mesh.uvs, faces, *fragments[1:]),
        "face_normals": (vertices, faces, matrices, fragments.face_ids),
    }
    for name, values in calls.items():
        found, expected = getattr(cuda_meshes, name)(*values), getattr(twin, name)(*values)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_cuda_device() -> None:
    mesh, poses, K = bumpy_sphere(4), random_poses(8), intrinsics()
    outputs = ("depth", "normals", "coords", "color", "face_ids")
    expected = render_mesh(mesh, poses, K, 96, 72, outputs=outputs)
    fields = ("vertices", "faces", "vertex_colors", "uvs", "texture")
    on_device = Mesh(*(getattr(mesh, field).cuda() for field in fields))
    found = render_mesh(on_device, poses, K, 96, 72, outputs=outputs)
    again = render_mesh(on_device, poses, K, 96, 72, outputs=outputs)
    same = found.face_ids.cpu() == expected.face_ids
    assert same.float().mean() > 0.999
    for name in outputs:
        value = getattr(found, name)
        assert torch.equal(value, getattr(again, name))
        torch.testing.assert_close(value.cpu()[same], getattr(expected, name)[same], rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_thread_that_has_not_used_cuda_and_a_side_stream() -> None:
    mesh, poses, K = bumpy_sphere(3), random_poses(4), intrinsics()
    expected = render_mesh(mesh, poses, K, 96, 72).depth
    fields = ("vertices", "faces", "vertex_colors", "uvs", "texture")
    on_device = Mesh(*(getattr(mesh, field).cuda() for field in fields))
    arguments = stage_arguments(on_device, poses, K)
    fragments = rasterize(*arguments, 96, 72)
    torch.cuda.synchronize()
    faces = on_device.faces.to(torch.int32)
    with ThreadPoolExecutor(1) as pool:  # launches before torch has called the runtime in that thread
        call = (on_device.vertices, faces, fragments.face_ids, fragments.bary)
        pool.submit(cuda_meshes.interpolate, *call).result()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        found = [render_mesh(on_device, poses, K, 96, 72).depth for _ in range(20)]
    stream.synchronize()
    for depth in found:
        assert ((depth.cpu() > 0) == (expected > 0)).float().mean() > 0.999


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gradients_of_attributes_that_are_not_contiguous() -> None:
    mesh = bumpy_sphere(2)
    vertices, faces, matrices, K = stage_arguments(mesh, random_poses(2), intrinsics())
    fragments = rasterize(vertices.cuda(), faces.cuda(), matrices, K, 96, 72)
    gradients = []
    for turn in (lambda x: x, lambda x: x.T.contiguous().T):
        attributes = turn(torch.ones(len(vertices), 4, device="cuda")).requires_grad_()
        interpolate(attributes, faces.cuda(), fragments).square().sum().backward()
        gradients.append(attributes.grad.cpu())
    torch.testing.assert_close(*gradients)
