"""What drawing meshes on CUDA takes of memory beyond its images does not grow with the number of poses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from objpose.raster.cuda import driver, meshes
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses, stage_arguments

SIZE = (16, 12)


class Allocations(TorchDispatchMode):
    """Bytes of all tensors that are made new."""

    bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if func.overloadpacket in (torch.ops.aten.empty, torch.ops.aten.zeros):
            self.bytes += made.numel() * made.element_size()
        return made


def beyond_images(poses: int, vertices: Tensor, faces: Tensor) -> int:
    """Bytes; nothing is launched."""
    *_, matrices, K = stage_arguments(bumpy_sphere(0), random_poses(poses), intrinsics(*SIZE))
    with Allocations() as made:
        images = meshes.rasterize(vertices, faces, matrices, K, *SIZE, 0.01, False)
    return made.bytes - sum(image.numel() * image.element_size() for image in images)


@pytest.mark.parametrize("spare", [0, 20_000], ids=["few vertices", "many that no face names"])
def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch, spare: int) -> None:
    monkeypatch.setattr(driver, "launch", lambda *_: None)
    mesh = bumpy_sphere(2)
    vertices, faces = torch.cat([mesh.vertices, torch.zeros(spare, 3)]), mesh.faces.int()
    monkeypatch.setattr(meshes, "GROUP_PIXELS", 20 * SIZE[0] * SIZE[1])
    monkeypatch.setattr(meshes, "GROUP_FACES", 20 * len(faces))
    few, many = (beyond_images(poses, vertices, faces) for poses in (20, 400))
    assert 0 < many <= few
    assert many <= 20 * (8 * SIZE[0] * SIZE[1] + (4 + 12) * len(faces)) + 12 * len(vertices) + 4
