"""What of the CUDA core reads numbers back, and so waits for the device: meta tensors have none to read."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.raster.cuda import driver
from objpose.raster.cuda import meshes as cuda_meshes
from objpose.raster.cuda import splats as cuda_splats
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView

CAMERAS, SPLATS, WIDTH, HEIGHT = 2, 5, 40, 30
SIZE = (CAMERAS, HEIGHT, WIDTH)
VIEW = (WIDTH, HEIGHT, 0.01, False)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The numbers that are read; kernels do nothing."""
    read: list[Tensor] = []

    def number(tensor: Tensor) -> int:
        read.append(tensor)
        return 7

    monkeypatch.setattr(driver, "launch", lambda *_: None)
    monkeypatch.setattr(Tensor, "__int__", number)
    return read


def empty(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


def cameras() -> tuple[Tensor, Tensor]:
    return empty(CAMERAS, 3, 4, dtype=torch.float64), empty(CAMERAS, 3, 3, dtype=torch.float64)


def gaussians() -> Gaussians:
    return Gaussians(empty(SPLATS, 3), empty(SPLATS, 4), empty(SPLATS, 3), empty(SPLATS))


def test_blending_waits_once_and_its_adjoint_never(waits: list[Tensor]) -> None:
    view = SplatView(*cameras(), *VIEW)
    screen, extent = cuda_splats.project_splats(gaussians(), view)
    colors = cuda_splats.shade_splats(empty(SPLATS, 3), empty(SPLATS, 16, 3), view.cam_from_world)
    blended = (screen, extent, colors, empty(CAMERAS, 3), WIDTH, HEIGHT)
    assert waits == []
    images, walk = cuda_splats.blend_splats(*blended)
    assert len(waits) == 1
    gradients = cuda_splats.blend_splats_adjoint(*blended, walk, *images)
    cuda_splats.project_splats_adjoint(gaussians(), view, extent, gradients[0])
    cuda_splats.shade_splats_adjoint(
        empty(SPLATS, 3), empty(SPLATS, 16, 3), view.cam_from_world, gradients[1]
    )
    assert len(waits) == 1


def test_normal_equations_wait_once(waits: list[Tensor]) -> None:
    images = (empty(CAMERAS, 4), empty(*SIZE, 4), empty(*SIZE), empty(*SIZE), None)
    compared = Comparison(*images, [2.0, 0.1, 1.0] * 3)
    shading, view = Shading(empty(1, SPLATS, 4), None), SplatView(*cameras(), *VIEW)
    cuda_splats.splat_normal_equations(gaussians(), shading, view, compared)
    assert len(waits) == 1


def test_meshes_never_wait(waits: list[Tensor]) -> None:
    faces = empty(6, 3, dtype=torch.int32)
    drawn = cuda_meshes.rasterize(empty(8, 3), faces, *cameras(), WIDTH, HEIGHT, 0.01, True)
    _, face_ids, bary, footprint = drawn
    attributes = cuda_meshes.interpolate(empty(8, 5), faces, face_ids, bary)
    cuda_meshes.interpolate_adjoint(empty(8, 5), faces, face_ids, bary, attributes)
    cuda_meshes.face_normals(empty(8, 3), faces, cameras()[0], face_ids)
    texels, sizes = empty(48, dtype=torch.uint8), empty(1, 2, dtype=torch.int32)
    cuda_meshes.sample_texture(texels, sizes, empty(8, 2), faces, face_ids, bary, footprint)
    assert waits == []
