"""The CUDA kernels of splats, run on the CPU under a shim, against the plain-torch twin."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.raster import Splats, render_splats, splat_normal_equations
from objpose.raster.cuda import sorting, splat_bins
from objpose.raster.cuda import splats as cuda_splats
from objpose.raster.splats.bundles import Comparison, Shading, SplatView
from objpose.raster.twin import splats as splat_twin
from tests.raster.scenes import intrinsics, random_poses
from tests.raster.splat_scenes import assert_near, cameras, gaussians, random_splats

SIZE = (21, 18)  # two tiles by two, most of them cut


def scene(count: int, views: int, coefficients: int = 0, size: float = 0.02) -> tuple[Splats, tuple]:
    transforms, K, *_ = cameras(views)
    K = K.clone()
    K[:, :2] *= 0.5
    return random_splats(count, coefficients=coefficients, size=size), (transforms, K, *SIZE)


def assert_all_near(found: tuple[Tensor, ...], expected: tuple[Tensor, ...], tolerance: float = 1e-4) -> None:
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, tolerance)


def noise(*like: Tensor) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(tensor.shape, generator=generator) for tensor in like]


def assert_blended_alike(*arguments: Any) -> tuple[Tensor, ...]:
    """Images and gradients as the twin's; returns the twin's images."""
    (found, walk), (expected, of_twin) = (core.blend_splats(*arguments) for core in (cuda_splats, splat_twin))
    assert_all_near(found, expected)
    assert_near(walk.light, of_twin.light)
    gradients = noise(*found)
    back = cuda_splats.blend_splats_adjoint(*arguments, walk, *gradients)
    assert_all_near(back, splat_twin.blend_splats_adjoint(*arguments, of_twin, *gradients))
    return expected


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


def test_splats_beyond_the_image_touch_no_tile(on_shim: None) -> None:
    """On every side, far away, and nowhere: as if they were not there."""
    screen, extent = splat_twin.project_splats(
        gaussians(scene(8, 1, size=0.06)[0]), SplatView(*scene(8, 1)[1], 0.01, False)
    )
    nowhere = (-3.0, -60.0, 90.0, -1e9, 1e9, 1e38, float("nan"), float("inf"))
    places = torch.cartesian_prod(torch.tensor(nowhere), torch.tensor((5.0, *nowhere)))
    beyond = screen.new_full((1, 2 * len(places), 7), 0.5)
    beyond[0, :, :2] = torch.cat([places, places.flip(1)])
    screen_of_all = torch.cat([beyond, screen], 1)
    extent_of_all = torch.cat([extent.new_ones(1, beyond.shape[1], 2), extent], 1)
    colors = torch.rand(1, 8, 3, generator=torch.Generator().manual_seed(0))
    colors_of_all = torch.cat([colors.new_ones(1, beyond.shape[1], 3), colors], 1)
    white = torch.ones(1, 3)
    found, _ = cuda_splats.blend_splats(screen_of_all, extent_of_all, colors_of_all, white, *SIZE)
    alone, _ = cuda_splats.blend_splats(screen, extent, colors, white, *SIZE)
    assert all(torch.equal(one, other) for one, other in zip(found, alone, strict=True))
    assert alone[1].max() > 0.1


def test_needles_and_flakes(on_shim: None) -> None:
    """Their ellipses touch few of the tiles, and of the warps, that their boxes do."""
    splats, view = scene(150, 2, size=0.05)
    splats.scales[:, 0] *= 1e-3
    splats.scales[::2, 1] *= 1e-3
    screen, extent = splat_twin.project_splats(gaussians(splats), SplatView(*view, 0.01, False))
    assert_blended_alike(screen, extent, splats.colors[None], torch.ones(2, 3), *SIZE)
    last = torch.tensor(SIZE) - 1
    low, high = (screen[..., :2] + sign * extent for sign in (-1, 1))
    tiles = (torch.minimum(high, last) // 16 - low.clamp(min=0) // 16 + 1).prod(-1)
    flat = splat_bins.fill_bins(screen, extent, *SIZE)
    pairs = len(splat_bins.unpack_bins(flat, screen, *SIZE).pair_items)
    assert pairs < 0.95 * tiles[extent[..., 0] > 0].sum()


def test_a_splat_on_many_tiles(on_shim: None) -> None:
    """On more than one thread sums up alone."""
    screen = torch.tensor([[[60.0, 50.0, 4e-4, 1e-4, 6e-4, 0.9, 1.0], [20.0, 9.0, 0.1, 0.0, 0.1, 0.5, 2.0]]])
    extent = (2 * (screen[..., 5:6] * 255).log() / screen[..., [2, 4]]).sqrt() * 1.1
    colors = torch.rand(1, 2, 3, generator=torch.Generator().manual_seed(0))
    arguments = (screen, extent, colors, torch.ones(1, 3), 112, 96)
    assert_blended_alike(*arguments)
    bins = splat_bins.unpack_bins(cuda_splats.blend_splats(*arguments)[1].bins, screen, 112, 96)
    assert bins.rank_ends.tolist() == [42, 42 + 4]  # seven tiles by six; two by two


def test_splats_of_equal_depth_keep_their_order(on_shim: None) -> None:
    generator = torch.Generator().manual_seed(0)
    screen = torch.tensor([0.0, 0.0, 0.05, 0.0, 0.05, 0.8, 1.0]).repeat(2, 40, 1)
    screen[..., :2] = 16 * torch.rand(2, 40, 2, generator=generator)
    screen[:, ::3, 6] = 0.5
    arguments = (screen, torch.full((2, 40, 2), 15.0), torch.rand(2, 40, 3, generator=generator))
    assert_blended_alike(*arguments, torch.ones(2, 3), *SIZE)


def test_tiles_beyond_what_two_bytes_count(on_shim: None, monkeypatch: pytest.MonkeyPatch) -> None:
    splats, view = scene(20, 2, size=0.05)
    screen, extent = splat_twin.project_splats(gaussians(splats), SplatView(*view, 0.01, False))
    bins = splat_bins.fill_bins(screen, extent, *SIZE)
    monkeypatch.setattr(sorting, "SHORT_KEYS", 8)
    assert torch.equal(splat_bins.fill_bins(screen, extent, *SIZE), bins)
    monkeypatch.setattr(splat_bins, "MOST_ITEMS", 50)
    with pytest.raises(InputError, match="pairs of a splat and a tile"):
        splat_bins.fill_bins(screen, extent, *SIZE)


def test_the_way_back_neither_sorts_nor_goes_forward(on_shim: list[str]) -> None:
    splats, view = scene(10, 1, size=0.06)
    screen, extent = splat_twin.project_splats(gaussians(splats), SplatView(*view, 0.01, False))
    arguments = (screen, extent, splats.colors[None], torch.ones(1, 3), *SIZE)
    images, walk = cuda_splats.blend_splats(*arguments)
    on_shim.clear()
    cuda_splats.blend_splats_adjoint(*arguments, walk, *images)
    assert on_shim == ["pack_splats", "blend_splats_adjoint_3", "gather_gradients_3"]


@pytest.mark.parametrize("seed", range(3))
def test_conics_that_no_splat_has_do_no_harm(on_shim: None, seed: int) -> None:
    """Finite, but with rows beyond what an int holds: drawn somehow, in the image's own memory."""
    generator = torch.Generator().manual_seed(seed)
    screen = 40 * torch.rand(1, 200, 7, generator=generator)
    exponents = torch.empty(1, 200, 3).uniform_(-38, 38, generator=generator)
    screen[..., 2:5] = torch.randn(1, 200, 3, generator=generator) * 10.0**exponents
    extent = 1 + 30 * torch.rand(1, 200, 2, generator=generator)
    arguments = (screen, extent, torch.rand(1, 200, 3, generator=generator), torch.ones(1, 3), *SIZE)
    images, walk = cuda_splats.blend_splats(*arguments)
    cuda_splats.blend_splats_adjoint(*arguments, walk, *noise(*images))
    assert bool((images[1] >= 0).all()) and bool((images[1] <= 1).all())


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
