"""The torch ops of splats: schema, fakes and autograd as torch.library wants them."""

from __future__ import annotations

import pytest
import torch
from torch.library import opcheck

from objpose.raster import splat_ops
from tests.raster.splat_scenes import cameras, gaussians, random_splats


@pytest.fixture(scope="module")
def scene():
    splats, view = random_splats(10, coefficients=4), cameras(2)
    return splats, view, splat_ops.project_splats(*gaussians(splats), *view, 0.01, True)


def recorded(*tensors: torch.Tensor) -> list[torch.Tensor]:
    return [tensor.clone().requires_grad_() for tensor in tensors]


def test_projection(scene) -> None:
    splats, (transforms, *view), (screen, extent) = scene
    inputs = recorded(*gaussians(splats), transforms)
    opcheck(torch.ops.objpose.project_splats, (*inputs, *view, 0.01, True))
    arguments = (*gaussians(splats), transforms, *view, 0.01, True, extent, torch.ones_like(screen))
    opcheck(torch.ops.objpose.project_splats_adjoint, arguments)


def test_shading(scene) -> None:
    splats, (transforms, *_), _ = scene
    opcheck(torch.ops.objpose.shade_splats, tuple(recorded(splats.means, splats.sh, transforms)))
    grad = torch.ones(2, len(splats), 3)
    opcheck(torch.ops.objpose.shade_splats_adjoint, (splats.means, splats.sh, transforms, grad))


@pytest.mark.parametrize("rows", [1, 2])
def test_blending(scene, rows: int) -> None:
    _, (_, _, *size), (screen, extent) = scene
    colors, background = torch.rand(rows, screen.shape[1], 5), torch.rand(2, 5)
    on_screen, *shading = recorded(screen, colors, background)
    opcheck(torch.ops.objpose.blend_splats, (on_screen, extent, *shading, *size))
    width, height = size
    gradients = (torch.ones(2, height, width, 5), *(torch.ones(2, height, width) for _ in range(3)))
    arguments = (screen, extent, colors, background, *size, *gradients)
    opcheck(torch.ops.objpose.blend_splats_adjoint, arguments)
