"""The torch ops of splats: schema, fakes and autograd as torch.library wants them."""

from __future__ import annotations

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.library import opcheck

from objpose.raster.splats import ops
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView
from objpose.raster.splats.stages import splat_stage
from tests.raster.splat_scenes import cameras, gaussians, random_splats


@pytest.fixture(scope="module")
def scene():
    splats, view = random_splats(10, coefficients=4), cameras(2)
    return splats, view, ops.project_splats(gaussians(splats), SplatView(*view, 0.01, True))


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


def test_shading_with_slopes(scene) -> None:
    splats, (transforms, *_), _ = scene
    opcheck(torch.ops.objpose.shade_splats_slopes, (splats.means, splats.sh, transforms))


@pytest.mark.parametrize("everything", [False, True])
def test_normal_equations(scene, everything: bool) -> None:
    splats, (transforms, K, width, height), _ = scene
    colors, slopes = ops.shade_splats_slopes(splats.means, splats.sh, transforms)
    images = [torch.rand(2, height, width) if everything else None for _ in range(3)]
    target, losses = torch.rand(2, height, width, 3), [2.0, 0.1, 1.0] * 3
    shading = (colors, slopes if everything else None)
    options = (0.01, True, torch.rand(2, 3), target, *images, losses)
    opcheck(torch.ops.objpose.splat_normal_equations, (*gaussians(splats), *shading, transforms, K, *options))


def test_tracing_sees_one_op_for_the_normal_equations(scene) -> None:
    """Fake tensors pass through, as torch.compile and export send them, with the right shapes."""
    splats, (transforms, K, width, height), _ = scene
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        fakes = [mode.from_tensor(t) for t in gaussians(splats)]
        stage = splat_stage("splat_normal_equations", *fakes)
        assert stage is ops.splat_normal_equations
        colors, target = torch.rand(1, len(splats), 3), torch.rand(2, height, width, 3)
        view = SplatView(mode.from_tensor(transforms), mode.from_tensor(K), width, height, 0.01, True)
        compared = Comparison(torch.rand(2, 3), target, None, None, None, [2.0, 0.1, 1.0] * 3)
        found = stage(Gaussians(*fakes), Shading(colors, None), view, compared)
    assert [tuple(part.shape) for part in found] == [(2, 6, 6), (2, 6), (2,)]
    assert all(part.dtype == torch.float64 for part in found)


@pytest.mark.parametrize("rows", [1, 2])
def test_blending(scene, rows: int) -> None:
    _, (_, _, *size), (screen, extent) = scene
    colors, background = torch.rand(rows, screen.shape[1], 5), torch.rand(2, 5)
    on_screen, *shading = recorded(screen, colors, background)
    opcheck(torch.ops.objpose.blend_splats, (on_screen, extent, *shading, *size))
    width, height = size
    gradients = (torch.ones(2, height, width, 5), *(torch.ones(2, height, width) for _ in range(3)))
    _, walk = ops.blend_splats(screen, extent, colors, background, *size)
    arguments = (screen, extent, colors, background, *size, *walk, *gradients)
    opcheck(torch.ops.objpose.blend_splats_adjoint, arguments)
