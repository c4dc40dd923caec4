"""The CPU core of splats agrees with the plain-torch twin, in values and each gradient, on any threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from objpose.raster import Splats
from objpose.raster.cpu import splats as cpu_splats
from objpose.raster.splats.bundles import Comparison, Gaussians, Shading, SplatView
from objpose.raster.twin import splats as splat_twin
from tests.raster.splat_scenes import SIZE, assert_near, cameras, gaussians, projected, random_splats

CASES = {
    "in front": (random_splats(), cameras(3)),
    "large": (random_splats(60, seed=1, size=0.05), cameras(2, seed=1)),
    "needles and flakes": (random_splats(seed=2), cameras(2, seed=2)),
    "close by": (random_splats(seed=3), cameras(2, seed=3, distance=0.12)),
    "behind the camera": (random_splats(seed=4), cameras(2, seed=4, distance=-0.5)),
    "nothing": (random_splats(0), cameras(2)),
    "no camera": (random_splats(), cameras(0)),
}
CASES["needles and flakes"][0].scales[:, 0] *= 1e-3
CASES["needles and flakes"][0].scales[::2, 1] *= 1e-3
CASES["needles and flakes"][0].scales[::10] = 0.0


@pytest.fixture
def restored_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def noise(*like: Tensor) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(tensor.shape, generator=generator) for tensor in like]


def blending(splats: Splats, view: tuple, shared: bool, channels: int) -> tuple:
    screen, extent = projected(splats, view)
    generator = torch.Generator().manual_seed(1)
    rows = 1 if shared else len(screen)
    colors = torch.rand(rows, len(splats), channels, generator=generator)
    return screen, extent, colors, torch.rand(len(screen), channels, generator=generator), *SIZE


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_projection(name: str, antialias: bool) -> None:
    splats, view = CASES[name]
    arguments = (gaussians(splats), SplatView(*view, 0.01, antialias))
    (screen, extent), expected = (core.project_splats(*arguments) for core in (cpu_splats, splat_twin))
    assert torch.equal(extent > 0, expected[1] > 0)
    assert_near(screen, expected[0])
    assert_near(extent, expected[1])
    [grad] = noise(screen)
    found, expected = (
        core.project_splats_adjoint(*arguments, extent, grad) for core in (cpu_splats, splat_twin)
    )
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, 1e-4)


@pytest.mark.parametrize("coefficients", [1, 4, 9, 16])
def test_shading(coefficients: int) -> None:
    splats = random_splats(coefficients=coefficients)
    arguments = (splats.means, splats.sh, cameras(3)[0])
    color, expected = (core.shade_splats(*arguments) for core in (cpu_splats, splat_twin))
    assert_near(color, expected)
    assert (color == 0).any() and (color > 0).any() or coefficients == 1
    for one, other in zip(
        *(core.shade_splats_slopes(*arguments) for core in (cpu_splats, splat_twin)), strict=True
    ):
        assert_near(one, other)
    [grad] = noise(color)
    found, expected = (core.shade_splats_adjoint(*arguments, grad) for core in (cpu_splats, splat_twin))
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other)


@pytest.mark.parametrize(("shared", "channels"), [(True, 3), (False, 3), (True, 1), (False, 8)])
@pytest.mark.parametrize("name", CASES)
def test_blending(name: str, shared: bool, channels: int) -> None:
    arguments = blending(*CASES[name], shared, channels)
    (found, walk), (expected, of_twin) = (core.blend_splats(*arguments) for core in (cpu_splats, splat_twin))
    assert_near(walk.light, of_twin.light)
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other)
    gradients = noise(*found)
    found = cpu_splats.blend_splats_adjoint(*arguments, walk, *gradients)
    expected = splat_twin.blend_splats_adjoint(*arguments, of_twin, *gradients)
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, 1e-4)


def test_blending_covers_what_it_should() -> None:
    """The scenes above are not all empty, and some pixels let no more light through."""
    alpha = cpu_splats.blend_splats(*blending(*CASES["large"], True, 1))[0][1]
    assert alpha.max() > 0.999 and (alpha > 0.5).float().mean() > 0.2
    assert cpu_splats.blend_splats(*blending(*CASES["behind the camera"], True, 1))[0][1].max() == 0


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (3, 50), (17, 9)])
def test_sizes_of_images(size: tuple[int, int]) -> None:
    screen, extent, colors, background, *_ = blending(*CASES["large"], True, 3)
    arguments = (screen, extent, colors, background, *size)
    (found, walk), (expected, of_twin) = (core.blend_splats(*arguments) for core in (cpu_splats, splat_twin))
    assert_near(walk.light, of_twin.light)
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other)
    gradients = noise(*found)
    found = cpu_splats.blend_splats_adjoint(*arguments, walk, *gradients)
    expected = splat_twin.blend_splats_adjoint(*arguments, of_twin, *gradients)
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, 1e-4)


def test_numbers_that_make_no_sense_are_left_out() -> None:
    """Infinite, not a number, or without a shape: neither drawn nor a crash."""
    splats, view = random_splats(), cameras(2)
    black = torch.zeros(2, 3)
    alone, _ = cpu_splats.blend_splats(*projected(splats, view), splats.colors[None], black, *SIZE)
    for bad in (float("inf"), float("nan")):
        scales = torch.cat([splats.scales, torch.tensor([[1e30] * 3, [bad] * 3])])
        means = torch.cat([splats.means, torch.zeros(1, 3), torch.full((1, 3), bad)])
        shapes = (torch.cat([splats.wxyz, torch.ones(2, 4)]), torch.ones(len(means)))
        opacities = torch.cat([splats.opacities, shapes[1][:2]])
        screen, extent = cpu_splats.project_splats(
            Gaussians(means, shapes[0], scales, opacities), SplatView(*view, 0.01, False)
        )
        assert (extent[:, -2:] == 0).all()
        colors = torch.cat([splats.colors, torch.ones(2, 3)])[None]
        assert_near(cpu_splats.blend_splats(screen, extent, colors, black, *SIZE)[0][0], alone[0])
        screen[:, :5], extent[:, :5] = bad, 3.0
        cpu_splats.blend_splats(screen, extent, colors, black, *SIZE)
        extent[:, :5] = bad
        screen[:, 5:10, 2:5] = 0.0
        cpu_splats.blend_splats(screen, extent, colors, black, *SIZE)


@pytest.mark.parametrize("seed", range(3))
def test_conics_that_no_splat_has_do_no_harm(seed: int) -> None:
    """Finite, but with rows beyond what an int holds: drawn somehow, in the image's own memory."""
    generator = torch.Generator().manual_seed(seed)
    screen = 40 * torch.rand(1, 200, 7, generator=generator)
    exponents = torch.empty(1, 200, 3).uniform_(-38, 38, generator=generator)
    screen[..., 2:5] = torch.randn(1, 200, 3, generator=generator) * 10.0**exponents
    extent = 1 + 30 * torch.rand(1, 200, 2, generator=generator)
    arguments = (screen, extent, torch.rand(1, 200, 3, generator=generator), torch.ones(1, 3), *SIZE)
    images, walk = cpu_splats.blend_splats(*arguments)
    cpu_splats.blend_splats_adjoint(*arguments, walk, *noise(*images))
    assert bool((images[1] >= 0).all()) and bool((images[1] <= 1).all())


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_an_image_without_pixels_is_left_alone(size: tuple[int, int]) -> None:
    """Splats to the left of an image touch its first column of tiles, which an empty one does not have."""
    arguments = (*blending(*CASES["large"], True, 3)[:4], *size)
    images, walk = cpu_splats.blend_splats(*arguments)
    assert images[0].shape == (2, size[1], size[0], 3)
    for gradient in cpu_splats.blend_splats_adjoint(*arguments, walk, *images):
        assert (gradient == 0).all()


def everything(splats: Splats, view: tuple) -> list[Tensor]:
    """Values and gradients of all stages, and the normal equations."""
    arguments = (gaussians(splats), SplatView(*view, 0.01, True))
    screen, extent = cpu_splats.project_splats(*arguments)
    colors, slopes = cpu_splats.shade_splats_slopes(splats.means, splats.sh, view[0])
    blended = (screen, extent, colors[:1], torch.ones(len(screen), 3), *SIZE)
    images, walk = cpu_splats.blend_splats(*blended)
    gradients = cpu_splats.blend_splats_adjoint(*blended, walk, *noise(*images))
    back = cpu_splats.project_splats_adjoint(*arguments, extent, gradients[0])
    shading = cpu_splats.shade_splats_adjoint(splats.means, splats.sh, view[0], *noise(colors))
    compared = Comparison(blended[3], images[0] + 0.1, images[2], None, None, [2.0, 0.1, 1.0] * 3)
    normal = cpu_splats.splat_normal_equations(arguments[0], Shading(colors, slopes), arguments[1], compared)
    return [screen, extent, colors, slopes, *images, *walk, *gradients, *back, *shading, *normal]


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_threads_gives_the_same_bits(restored_threads: None, count: int) -> None:
    splats, view = random_splats(1500, coefficients=4), cameras(count)
    torch.set_num_threads(1)
    expected = everything(splats, view)
    for threads in (2, 3, 8):
        torch.set_num_threads(threads)
        assert all(torch.equal(a, b) for a, b in zip(everything(splats, view), expected, strict=True))


def test_a_batch_is_its_cameras_one_by_one() -> None:
    splats, (transforms, K, *size) = random_splats(coefficients=4), cameras(3)
    together = everything(splats, (transforms, K, *size))[:8]
    for i in range(3):
        alone = everything(splats, (transforms[i : i + 1], K[i : i + 1], *size))[:2]
        assert all(torch.equal(a[0], b[i]) for a, b in zip(alone, together, strict=False))
