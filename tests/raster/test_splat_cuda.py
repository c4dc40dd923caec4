"""The CUDA kernels of splats, run on the CPU under a shim, against the plain-torch twin."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.raster import Splats, render_splats, splat_normal_equations
from objpose.raster.cuda import splats as cuda_splats
from objpose.raster.splats.bundles import Comparison, Shading, SplatView
from objpose.raster.twin import splats as splat_twin
from tests.raster.scenes import intrinsics, random_poses
from tests.raster.shim_scenes import SIZE, assert_all_near, assert_blended_alike, noise, scene
from tests.raster.splat_scenes import assert_near, gaussians, random_splats


@pytest.mark.parametrize("antialias", [False, True])
def test_projection(on_shim: None, antialias: bool) -> None:
    splats, view = scene(70, 2)
    arguments = (gaussians(splats), SplatView(*view, 0.01, antialias))
    found = cuda_splats.project_splats(*arguments)
    assert_all_near(found, splat_twin.project_splats(*arguments))
    back = (*arguments, found[1], *noise(found[0]))
    assert_all_near(cuda_splats.project_splats_adjoint(*back), splat_twin.project_splats_adjoint(*back))


@pytest.mark.parametrize("coefficients", [1, 4, 9, 16])
def test_shading(on_shim: None, coefficients: int) -> None:
    splats, view = scene(70, 2, coefficients=coefficients)
    arguments = (splats.means, splats.sh, view[0])
    assert_near(cuda_splats.shade_splats(*arguments), splat_twin.shade_splats(*arguments))
    slopes = (core.shade_splats_slopes(*arguments) for core in (cuda_splats, splat_twin))
    assert_all_near(*slopes)
    back = (*arguments, *noise(splat_twin.shade_splats(*arguments)))
    assert_all_near(cuda_splats.shade_splats_adjoint(*back), splat_twin.shade_splats_adjoint(*back))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4, 5, 12, 16, 18, 37])
def test_blending(on_shim: None, shared: bool, channels: int) -> None:
    """By kernels of as many channels, of more than these, and in rounds."""
    splats, view = scene(10, 2, size=0.06)
    screen, extent = splat_twin.project_splats(gaussians(splats), SplatView(*view, 0.01, False))
    generator = torch.Generator().manual_seed(0)
    colors = torch.rand(1 if shared else 2, len(splats), channels, generator=generator)
    arguments = (screen, extent, colors, torch.rand(2, channels, generator=generator), *SIZE)
    images = assert_blended_alike(*arguments)
    assert images[1].max() > 0.9


def test_blending_more_splats_than_a_tile_loads_at_once(on_shim: None) -> None:
    """And so many that some pixels let no more light through, and stop before the others."""
    splats, view = scene(600, 1, size=0.03)
    screen, extent = splat_twin.project_splats(gaussians(splats), SplatView(*view, 0.01, False))
    arguments = (screen, extent, splats.colors[None], torch.ones(1, 3), *SIZE)
    images = assert_blended_alike(*arguments)
    assert (images[1] > 0.9998).any() and (images[1] < 0.99).any()


def test_no_splats_and_no_cameras(on_shim: None) -> None:
    for count, views in ((0, 2), (5, 0)):
        splats, view = scene(count, views)
        screen, extent = cuda_splats.project_splats(gaussians(splats), SplatView(*view, 0.01, False))
        arguments = (screen, extent, splats.colors[None], torch.ones(views, 3), *SIZE)
        assert_blended_alike(*arguments)


@pytest.mark.parametrize(("channels", "everything"), [(4, False), (4, True), (3, True), (0, True)])
def test_normal_equations(on_shim: None, channels: int, everything: bool) -> None:
    """Of two rounds, of one, and of depth and alpha alone."""
    splats, view = scene(12, 2, size=0.06)
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    shading = Shading(random(2, 12, channels), random(2, 12, channels, 3) if everything else None)
    width, height = SIZE
    others = (0.4 * random(2, height, width), random(2, height, width), random(2, height, width))
    images = (
        random(2, channels),
        random(2, height, width, channels),
        *(others if everything else (None,) * 3),
    )
    losses = [2.0, 0.3, 1.0, 1.0, 0.05, 2.0, 0.0, 0.5, 0.5]
    compared = Comparison(*images, losses)
    arguments = (gaussians(splats), shading, SplatView(*view, 0.01, everything), compared)
    assert_all_near(*(core.splat_normal_equations(*arguments) for core in (cuda_splats, splat_twin)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_cuda_device() -> None:
    splats, poses, K = random_splats(3000, coefficients=9), random_poses(4), intrinsics(96, 72)

    def everything(splats: Splats) -> list[Tensor]:
        twist = torch.zeros(4, 6, requires_grad=True)
        image = render_splats(splats, poses, K, 96, 72, twist=twist)
        loss = image.color.square().sum() + image.alpha.sum() + image.depth.sum()
        [gradient] = torch.autograd.grad(loss, twist)
        normal = splat_normal_equations(splats, poses, K, image.color.detach() + 0.1)
        return [t.detach().cpu() for t in (image.color, image.alpha, image.depth, gradient, *normal)]

    on_device = everything(splats.to("cuda"))
    for found, expected in zip(on_device, everything(splats), strict=True):
        assert_near(found, expected, 1e-3, allowed=found.numel() // 1000)
    for found, again in zip(on_device, everything(splats.to("cuda")), strict=True):
        assert torch.equal(found, again)
