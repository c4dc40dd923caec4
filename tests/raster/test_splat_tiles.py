"""Splats sorted into tiles by the CUDA core, on the CPU under a shim."""

from __future__ import annotations

import pytest
import torch

from objpose.errors import InputError
from objpose.raster.cuda import sorting, splat_bins
from objpose.raster.cuda import splats as cuda_splats
from objpose.raster.splats.bundles import SplatView
from objpose.raster.twin import splats as splat_twin
from tests.raster.shim_scenes import SIZE, assert_blended_alike, noise, scene
from tests.raster.splat_scenes import gaussians


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
